"""A model exchanged while frames flow, by the real command in a process of its own."""

from __future__ import annotations

import json
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.backends import BACKENDS
from runtime.classifier import DEFAULT_MODEL
from runtime.reload import SETTLE_SECONDS
from runtime.sources.scaler import VideoScaler
from tests.conftest import ROOT, Run
from tests.runtime.variants import (
    CRASHING_WORD,
    GREEN,
    IDENTIFIER_WORD,
    RED,
    copy_damaged,
    copy_with_card,
    make_golden,
    paint,
)

# Loading a model in a trial process takes half a second; the machine may be busy with other tests.
PATIENCE_SECONDS = 60
SIDE = 64

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP on this system")


class Classifying:
    """`runtime classify - --raw ... --watch`: it is fed red frames, a few at a time, and its lines are read.

    results: so far. events: of models. errors: lines of stderr.
    """

    def __init__(self, model: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "runtime", "classify", "-", "--raw", f"{SIDE}x{SIDE}:rgb24"]
        self._process = subprocess.Popen(
            [*command, "--model", str(model), "--top", "1", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        self.errors: list[str] = []
        self._threads = [threading.Thread(target=read, daemon=True) for read in (self._read, self._read_errors)]
        self.results: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Classifying:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def classify(self) -> str:
        """The label of one more frame. Events that come before its result are noted."""
        assert self._process.stdin is not None
        self._process.stdin.write(paint(RED, SIDE).tobytes())
        self._process.stdin.flush()
        while True:
            fields = json.loads(self._lines.get(timeout=PATIENCE_SECONDS))
            if "event" not in fields:
                self.results.append(fields)
                return str(fields["predictions"][0]["label"])
            self.events.append(fields)

    def wait_for(self, event: str, count: int = 1) -> str:
        """Frames go on until this has come for the `count`th time; its reason."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            self.classify()
            found = [fields for fields in self.events if fields["event"] == event]
            if len(found) >= count:
                return str(found[count - 1]["reason"])
            time.sleep(0.02)
        raise AssertionError(f"no {event} in {self.events}, {self.errors}")

    def hang_up(self) -> None:
        self._process.send_signal(signal.SIGHUP)

    def finish(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(PATIENCE_SECONDS)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        self.errors += (line.decode() for line in self._process.stderr)


Start = Callable[..., Classifying]


@pytest.fixture
def model(models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(models / "rgb_int8.tflite", tmp_path / "model.tflite"))


@pytest.fixture
def start(model: Path) -> Iterator[Start]:
    """Starts classifying with the model, and ends it with the test."""
    started = []

    def start_one(*arguments: str) -> Classifying:
        started.append(Classifying(model, *arguments).__enter__())
        assert started[-1].classify() == "red"
        return started[-1]

    yield start_one
    for one in started:
        one.__exit__()


def test_a_new_file_takes_over_between_two_frames_and_none_is_lost(start: Start, models: Path, model: Path) -> None:
    watching = start("--watch")
    golden = (make_golden(RED, "blue"), make_golden(GREEN, "green"))
    copy_with_card(models / "rgb_float32.tflite", model, name="second", labels=("blue", "green", "red"), golden=golden)
    about = watching.wait_for("model_swapped")
    assert about == "second (float32), 2 golden samples right"
    assert watching.classify() == "blue"
    labels = [result["predictions"][0]["label"] for result in watching.results]
    assert labels == sorted(labels, reverse=True)
    assert [result["index"] for result in watching.results] == list(range(len(labels)))
    assert watching.finish() == 0
    assert [set(event) for event in watching.events] == [{"event", "source", "at", "reason", "reopenings", "dropped"}]
    assert watching.events[0]["source"] == str(model)


def test_a_bad_file_is_refused_and_the_old_one_goes_on(start: Start, models: Path, model: Path, tmp_path: Path) -> None:
    watching = start("--watch")
    word, told = (CRASHING_WORD, "crashes") if BACKENDS["litert"].is_installed else (IDENTIFIER_WORD, "is no TFLite")
    copy_damaged(models / "rgb_int8.tflite", tmp_path / "bad.tflite", word).replace(model)
    assert told in watching.wait_for("model_refused", 1)
    copy_with_card(models / "rgb_int8.tflite", model, golden=(make_golden(RED, "green"),))
    assert "1 of 1 golden samples are answered wrong" in watching.wait_for("model_refused", 2)
    copy_with_card(models / "rgb_int8.tflite", model, labels=("a", "b", "c"))
    assert "--allow-new-labels" in watching.wait_for("model_refused", 3)
    assert watching.classify() == "red"
    copy_with_card(models / "rgb_int8.tflite", model, name="good")
    assert watching.wait_for("model_swapped").startswith("good ")
    assert watching.finish() == 0
    assert [line.partition(" (")[0] for line in watching.errors] == [
        f"runtime: {model}: {outcome}" for outcome in ["refused, the one before goes on"] * 3 + ["now in use"]
    ]


def test_a_network_that_takes_another_size_sees_its_own_frames(start: Start, model: Path) -> None:
    watching = start("--watch", "--allow-new-labels")
    shutil.copy(DEFAULT_MODEL, model)
    assert watching.wait_for("model_swapped").startswith("efficientnet_lite0 ")
    for _ in range(3):
        watching.classify()
    sizes = {result["predictions"][0]["index"] >= 3 for result in watching.results[-3:]}
    assert sizes == {True}
    assert watching.finish() == 0


def test_a_file_that_is_still_being_written_is_waited_for(start: Start, models: Path, model: Path) -> None:
    watching = start("--watch")
    content = copy_with_card(models / "rgb_int8.tflite", model.with_name("whole.tflite"), name="whole").read_bytes()
    with model.open("wb") as file:
        for part in (content[:1000], content[1000:2000], content[2000:]):
            file.write(part)
            file.flush()
            written_at = time.monotonic()
            while time.monotonic() - written_at < 2 * SETTLE_SECONDS:
                watching.classify()
                time.sleep(0.02)
    assert watching.wait_for("model_swapped").startswith("whole ")
    assert [event["event"] for event in watching.events] == ["model_swapped"]


def test_sighup_loads_the_file_anew_also_where_it_has_not_changed(start: Start, models: Path, model: Path) -> None:
    watching = start("--watch")
    watching.hang_up()
    assert watching.wait_for("model_swapped").startswith("rgb_int8 ")
    model.unlink()
    watching.hang_up()
    assert watching.wait_for("model_refused") == "no such file"
    assert watching.classify() == "red"


def test_a_service_reloads_on_sighup_without_watching(models: Path, model: Path) -> None:
    """With no terminal, which is what start_new_session makes of it."""
    command = [sys.executable, "-m", "runtime", "classify", "--camera", "test", "--model", str(model)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as service:
        assert service.stdout is not None
        assert '"predictions"' in [service.stdout.readline() for _ in range(3)][2]
        copy_with_card(models / "rgb_float32.tflite", model, name="second")
        service.send_signal(signal.SIGHUP)
        swapped = next(line for line in service.stdout if '"model_swapped"' in line)
        service.terminate()
        _, complaints = service.communicate(timeout=PATIENCE_SECONDS)
    assert json.loads(swapped)["reason"].startswith("second ")
    assert complaints.startswith(f"runtime: {model}: now in use (second ")
    assert service.returncode == 128 + signal.SIGTERM


def test_one_that_is_too_slow_is_refused(start: Start, models: Path, model: Path) -> None:
    watching = start("--watch", "--max-latency", "0.000001s")
    copy_with_card(models / "rgb_float32.tflite", model, name="second")
    assert "more than --max-latency 0.001 ms" in watching.wait_for("model_refused")


def test_a_model_without_a_label_that_is_asked_for_is_refused(start: Start, models: Path, model: Path) -> None:
    watching = start("--watch", "--allow-new-labels", "--labels-only", "red,green")
    copy_with_card(models / "rgb_int8.tflite", model, labels=("a", "b", "c"))
    assert "--labels-only red" in watching.wait_for("model_refused")
    assert watching.classify() == "red"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["photos", "--watch", "--model", "MODEL"], "--watch is for cameras, streams and videos"),
        (["--camera", "test", "--watch"], "name yours"),
        (["--camera", "test", "--watch", "--max-latency", "0s", "--model", "MODEL"], "above 0"),
    ],
)
def test_wrong_usage(run: Run, model: Path, photos: Path, arguments: list[str], told: str) -> None:
    names = {"photos": photos, "MODEL": model}
    done = run("runtime", "classify", *[names.get(argument, argument) for argument in arguments])
    assert done.returncode == 2
    assert told in done.stderr


def test_a_scaler_makes_frames_of_the_size_that_is_asked_for_last() -> None:
    av = pytest.importorskip("av")
    from runtime.card import Fit, InputSize

    scaler = VideoScaler(InputSize(8, 8), Fit())
    frame = av.VideoFrame.from_ndarray(paint(RED, SIDE), "rgb24")
    assert scaler.fit(frame).shape == (8, 8, 3)
    scaler.refit(InputSize(24, 32, 1), Fit("letterbox"))
    refitted = scaler.fit(frame)
    assert refitted.shape == (24, 32, 1)
    # ITU-R 601 luma of red, between the black bars of the letterbox.
    assert np.abs(refitted[:, 4:28].astype(int) - 76).max() <= 2
    assert not refitted[:, :4].any()
