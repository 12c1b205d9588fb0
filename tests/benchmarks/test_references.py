"""The bare loop in C: it does the same work as our backend, and says why where it cannot be compared with it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.checks.c_loop import CLoop
from benchmarks.checks.references import check_against_c, check_against_loadgen, check_against_python
from benchmarks.errors import BenchmarkError
from benchmarks.progress import Progress
from runtime.backends.backend import make_decoder
from runtime.classifier import Classifier

pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed: make install")
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler: apt install gcc")


def _silent(done: int, total: int) -> None: ...


SILENT: Progress = _silent


@needs_compiler
@pytest.mark.parametrize("name", ["rgb_int8.tflite", "rgb_float32.tflite"])
def test_the_c_loop_gives_the_scores_that_our_backend_gives(models: Path, tmp_path: Path, name: str) -> None:
    backend = Classifier.load(models / name, threads=1, backend="litert").backend
    picture = np.random.default_rng(0).integers(0, 256, backend.input_shape, np.uint8)
    with CLoop(tmp_path).open(models / name, picture.astype(backend.input.dtype), 0.01) as process:
        turns = [process.time_runs(runs) for runs in (7, 3)]
        # One network, the same kernels: to the last bit of an integer, and of a float but for its rounding.
        scores = make_decoder(backend.output)(np.frombuffer(process.scores, backend.output.dtype))
    assert scores == pytest.approx(backend.run(picture), abs=1e-6)
    assert [len(turn) for turn in turns] == [7, 3]
    assert all(0 < seconds < 1 for turn in turns for seconds in turn)


@needs_compiler
def test_what_python_adds_is_told_as_a_share_and_in_microseconds(models: Path) -> None:
    told: list[tuple[int, int]] = []
    check = check_against_c(str(models / "rgb_int8.tflite"), 3, lambda done, total: told.append((done, total)))
    # How much it is depends on the machine; a network of three weights takes less than what is around it.
    assert re.fullmatch(r"\+\S+% \(\+\S+% to \+\S+%\), \+\S+ us", check.found)
    assert (check.bar, check.holds) == ("at most 1% more", False)
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_same_calls_bare_in_python_are_compared_likewise(models: Path) -> None:
    check = check_against_python(str(models / "rgb_int8.tflite"), 3, SILENT)
    assert re.fullmatch(r"[+-]\S+% \([+-]\S+% to [+-]\S+%\), [+-]\S+ us", check.found)
    assert check.bar == "at most 1% more"
    assert check.holds is not None
    other = check_against_python(str(models / "rgb_float32.onnx"), 2, SILENT)
    assert (other.holds, other.found.endswith("the bare calls are of a .tflite; name one first")) == (None, True)


@needs_compiler
def test_a_network_of_few_classes_is_compared_with_loadgen_too(models: Path) -> None:
    pytest.importorskip("mlperf_loadgen", reason="mlcommons-loadgen is not installed: make install")
    check = check_against_loadgen(str(models / "rgb_int8.tflite"), 2, SILENT)  # its three are fewer than its pictures
    assert re.fullmatch(r"[+-]\S+% \([+-]\S+% to [+-]\S+%\)", check.found)


def test_a_file_that_is_no_model_is_an_error_with_the_librarys_words(tmp_path: Path) -> None:
    model = tmp_path / "broken.tflite"
    model.write_bytes(b"no model")
    words = r"broken.tflite: the bare loop in C failed .*LiteRtCreateModelFromFile"
    with pytest.raises(BenchmarkError, match=words), CLoop(tmp_path).open(model, np.zeros(3, np.uint8), 0):
        pass


def test_without_a_compiler_the_check_is_neither_held_nor_missed(models: Path) -> None:
    check = check_against_c(str(models / "rgb_int8.tflite"), 2, SILENT, compiler="no-such-cc")
    assert check.holds is None
    assert check.found == "not checked: there is no C compiler no-such-cc; install one: apt install gcc"


def test_another_format_is_not_checked(models: Path) -> None:
    check = check_against_c(str(models / "rgb_float32.onnx"), 2, SILENT)
    assert check.holds is None
    assert check.found.endswith("rgb_float32.onnx: the loop runs a .tflite; name one first")
