"""Model files that take a process down: it is a trial process that dies of them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from runtime.backends import BACKENDS
from runtime.classifier import DEFAULT_MODEL, Classifier
from runtime.errors import ModelError, UsageError
from runtime.model_check import check_model, library_version
from runtime.whole_file import file_sha256
from tests.conftest import ROOT, Run
from tests.runtime.variants import CRASHING_WORD, HANGING_WORD, copy_damaged

# Shorter than any process lives: whatever is tried, is given up.
AT_ONCE = 0.001
needs_litert = pytest.mark.skipif(not BACKENDS["litert"].is_installed, reason="the damage was found with LiteRT")


@pytest.fixture
def crashing(models: Path, tmp_path: Path) -> Path:
    return copy_damaged(models / "rgb_int8.tflite", tmp_path / "crashing.tflite", CRASHING_WORD)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is known yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "edgeframe" / "loaded"


@needs_litert
def test_one_behind_a_link_to_a_file_without_a_suffix_is_tried_too(crashing: Path, state: Path) -> None:
    """As Hugging Face's cache has them."""
    blob = crashing.rename(crashing.with_name("a1b2c3"))
    crashing.symlink_to(blob)
    with pytest.raises(ModelError, match=r"loading it crashes litert \(SIGSEGV\) in a trial process"):
        check_model(crashing)


@needs_litert
@pytest.mark.parametrize(
    "arguments",
    [
        ["classify", "--camera", "test", "--max-frames", "1", "--model"],
        ["bench", "--runs", "2"],
        ["info"],
        ["selftest"],
        ["tune", "--runs", "10"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_file_that_crashes_the_library_is_told_in_one_line(run: Run, crashing: Path, arguments: list[str]) -> None:
    done = run("runtime", *arguments, crashing)
    assert done.returncode == 1
    assert "crashing.tflite: loading it crashes litert (SIGSEGV) in a trial process" in done.stderr
    assert "convert or copy it again" in done.stderr
    assert done.stderr.count("\n") == 1


@needs_litert
def test_trusted_it_takes_the_process_down(run: Run, crashing: Path) -> None:
    done = run("runtime", "bench", crashing, "--backend", "litert", "--trust")
    assert done.returncode == -signal.SIGSEGV


@needs_litert
def test_a_file_that_never_ends_loading_is_given_up(models: Path, tmp_path: Path, state: Path) -> None:
    hanging = copy_damaged(models / "rgb_int8.tflite", tmp_path / "hanging.tflite", HANGING_WORD)
    with pytest.raises(ModelError, match=r"hanging\.tflite: litert did not load it within 3 s in a trial process"):
        check_model(hanging, "litert", seconds=3)
    assert not state.exists()


@pytest.mark.parametrize("name", ["rgb_int8.tflite", "rgb_uint8.onnx"])
def test_a_good_file_is_tried_once(models: Path, tmp_path: Path, state: Path, name: str) -> None:
    model = shutil.copy(models / name, tmp_path)
    with pytest.raises(ModelError, match="did not load it within"):
        check_model(model, seconds=AT_ONCE)
    check_model(model)
    check_model(model, seconds=AT_ONCE)
    (entry,) = state.iterdir()
    assert entry.name.startswith(file_sha256(models / name))
    elsewhere = shutil.copy(model, tmp_path / f"renamed{Path(name).suffix}")
    check_model(elsewhere, seconds=AT_ONCE)
    with Path(model).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelError, match="did not load it within"):
        check_model(model, seconds=AT_ONCE)


def test_the_model_that_comes_along_is_known(state: Path) -> None:
    check_model(DEFAULT_MODEL, seconds=AT_ONCE)
    assert not state.exists()


def test_what_a_backend_can_say_in_words_is_left_to_it(tmp_path: Path, state: Path) -> None:
    text = tmp_path / "text.tflite"
    text.write_text("This is no model. " * 20)
    check_model(text)
    assert not state.exists()
    with pytest.raises(UsageError, match="expected one of"):
        check_model(text, "no-such-backend")


def test_a_library_call_starts_no_process_unless_it_is_asked_to(models: Path, state: Path) -> None:
    Classifier.load(models / "rgb_int8.tflite")
    assert not state.exists()
    Classifier.load(models / "rgb_int8.tflite", trust=False)
    assert state.exists()


@pytest.mark.parametrize("home", ["/proc/no/such", "relative"])
def test_without_a_folder_to_remember_in_it_works_all_the_same(
    run: Run, models: Path, tmp_path: Path, home: str
) -> None:
    environment = {**os.environ, "XDG_STATE_HOME": home, "HOME": "/proc/no/such"}
    done = run("runtime", "info", models / "rgb_int8.tflite", env=environment)
    assert done.returncode == 0
    assert done.stderr == ""


def test_several_processes_at_once_remember_whole_entries(models: Path, tmp_path: Path, state: Path) -> None:
    command = [sys.executable, "-m", "runtime", "info", str(models / "rgb_int8.tflite")]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait(100) for process in started] == [0, 0, 0]
    assert len(list(state.iterdir())) == 1
    check_model(models / "rgb_int8.tflite", seconds=AT_ONCE)


@pytest.mark.parametrize("row", [row for row in BACKENDS.values() if row.is_installed], ids=lambda row: row.name)
def test_the_version_of_a_library_is_read_from_its_folder(row) -> None:  # type: ignore[no-untyped-def]
    versions = set()
    for distribution in row.distributions:
        try:
            versions.add(metadata.version(distribution))
        except metadata.PackageNotFoundError:
            continue
    assert library_version(row) in versions or not versions


@pytest.mark.parametrize("name", ["rgb_int8.tflite", "rgb_float32.onnx"])
def test_a_model_file_that_is_overwritten_while_it_is_in_use_does_no_harm(
    models: Path, tmp_path: Path, name: str
) -> None:
    """A mapped file that became shorter would end the process with SIGBUS."""
    model = shutil.copy(models / name, tmp_path)
    code = f"""
import numpy, runtime
classifier = runtime.Classifier.load({str(model)!r})
open({str(model)!r}, "w").close()
print(classifier.classify(numpy.zeros((9, 9, 3), numpy.uint8) + numpy.uint8([0, 255, 0])).label)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "green\n", done.stderr
