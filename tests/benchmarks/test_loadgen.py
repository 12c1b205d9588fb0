"""MLPerf's load generator, the real one, over a real model and data in MLPerf Tiny's form."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.answers import Share
from benchmarks.data import Data
from benchmarks.loadgen import SCENARIOS, LoadSettings, parse_summary, read_accuracy, run_loadgen
from runtime.backends import Backend
from runtime.classifier import Classifier
from runtime.errors import PictureError
from tests.benchmarks.conftest import write_tiny_data
from tests.conftest import Run

pytest.importorskip("mlperf_loadgen", reason="mlcommons-loadgen is not installed: make install")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_runs_to_its_end_with_a_verdict_and_without_a_trace(
    run: Run, models: Path, tmp_path: Path, scenario: str
) -> None:
    data, out = write_tiny_data(tmp_path / "ic01"), tmp_path / "logs"
    settings = ("--scenario", scenario, "--duration", "0.3s", "--rate", 200, "--out", out)
    done = run("benchmarks", "loadgen", models / "rgb_int8.tflite", "--data", data, *settings)
    summary = parse_summary((out / "mlperf_log_summary.txt").read_text())
    assert summary["Scenario"] == scenario
    # Whether so short a run on a busy machine is VALID is LoadGen's to say; its word is the exit status.
    assert done.returncode == {"VALID": 0, "INVALID": 1}[summary["Result is"]]
    assert f"Result is: {summary['Result is']}" in done.stdout
    assert (out / "mlperf_log_trace.json").stat().st_size == 0


def test_accuracy_mode_asks_for_each_picture_once(run: Run, models: Path, tmp_path: Path) -> None:
    data, out = write_tiny_data(tmp_path / "ic01"), tmp_path / "logs"
    done = run("benchmarks", "loadgen", models / "rgb_int8.tflite", "--data", data, "--accuracy", "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("top-1 100.0% (")
    assert read_accuracy(out / "mlperf_log_accuracy.json", np.repeat([0, 1, 2], 2)) == Share(6, 6)
    assert read_accuracy(out / "mlperf_log_accuracy.json", np.repeat([1, 1, 2], 2)) == Share(4, 6)


def test_a_model_that_answers_nan_ends_with_one_line(run: Run, models: Path, tmp_path: Path) -> None:
    model = tmp_path / "nan.onnx"
    weight, nan = np.float32(6 / 255).tobytes(), np.float32(np.nan).tobytes()
    model.write_bytes((models / "rgb_float32.onnx").read_bytes().replace(weight, nan))
    data = write_tiny_data(tmp_path / "ic01")
    done = run("benchmarks", "loadgen", model, "--data", data, "--duration", "0.1s", "--out", tmp_path / "logs")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "answers with NaN" in done.stderr


@pytest.mark.parametrize("mode", [("--duration", "0.1s"), ("--accuracy",)])
def test_a_picture_that_cannot_be_read_is_left_out(
    run: Run, models: Path, colours: Path, tmp_path: Path, mode: tuple[str, ...]
) -> None:
    data = tmp_path / "data"
    shutil.copytree(colours / "test", data)
    (data / "red" / "0.png").write_bytes(b"garbage")
    settings = ("--data", data, "--split", "all", "--out", tmp_path / "logs", *mode)
    done = run("benchmarks", "loadgen", models / "rgb_int8.tflite", *settings)
    assert done.stderr.startswith(f"benchmarks: 1 of the pictures cannot be read and were left out ({data}/red/0.png")
    assert done.stderr.count("\n") == 1
    assert done.returncode == 0 or "Result is: INVALID" in done.stdout
    assert mode != ("--accuracy",) or done.stdout.endswith("11 pictures\n")


def test_a_picture_that_is_lost_while_loadgen_runs_ends_with_its_error(
    models: Path, colours: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(colours / "test", folder)
    classifier = Classifier.load(models / "rgb_int8.tflite")
    # After all pictures were read once, and before LoadGen has them read.
    classifier.backend = RemovingBackend(classifier.backend, folder)
    with pytest.raises(PictureError, match=r"\.png: "):
        run_loadgen(classifier, Data(str(folder), "all"), LoadSettings(seconds=0.1), tmp_path / "logs")


class RemovingBackend:
    """A backend that removes a folder when it is first run."""

    def __init__(self, backend: Backend, folder: Path) -> None:
        self._backend, self._folder = backend, folder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def run(self, image: np.ndarray) -> np.ndarray:
        shutil.rmtree(self._folder, ignore_errors=True)
        return self._backend.run(image)


@pytest.mark.parametrize("rate", ["-5", "0", "nan", "inf"])
def test_a_rate_that_no_server_has_is_refused(run: Run, models: Path, tmp_path: Path, rate: str) -> None:
    data = write_tiny_data(tmp_path / "ic01")
    settings = ("--scenario", "Server", "--rate", rate, "--out", tmp_path / "logs")
    done = run("benchmarks", "loadgen", models / "rgb_int8.tflite", "--data", data, *settings, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith(f"benchmarks: --rate {rate}: expected queries a second above 0")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "logs").exists()


def test_the_summary_is_read_name_by_name() -> None:
    text = (
        "=====\nMLPerf Results Summary\nScenario : Offline\nResult is : VALID\n 50.00 percentile latency (ns)   : 12\n"
    )
    assert parse_summary(text) == {
        "Scenario": "Offline",
        "Result is": "VALID",
        "50.00 percentile latency (ns)": "12",
    }
