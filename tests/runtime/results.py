"""Results made by hand, and sinks that keep or refuse them, for tests of decisions and outputs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from runtime.events import SourceEvent
from runtime.frame import Frame
from runtime.result import Prediction, Result, Timings

LABELS = ("cat", "dog", "tabby, tabby cat", "Fox")
TIMINGS = Timings(age=0.020, prepare=0.001, invoke=0.005, total=0.0065)


def make_result(
    *scores: float,
    at: float = 0.0,
    index: int = 0,
    source: str = "shed",
    labels: tuple[str, ...] = LABELS,
    image: np.ndarray | None = None,
) -> Result:
    """A result with these scores of the first labels, captured at `at` monotonic seconds."""
    values = np.zeros(len(labels), np.float32)
    values[: len(scores)] = scores
    best = np.argsort(-values, kind="stable")
    predictions = tuple(Prediction(labels[number], int(number), float(values[number])) for number in best)
    picture = np.zeros((8, 8, 3), np.uint8) if image is None else image
    return Result(predictions, Frame(picture, at, index, source, is_fitted=True), TIMINGS, values)


def labelled(label: str, score: float = 0.9, index: int = 0, at: float | None = None) -> Result:
    """A result of now whose best label is this."""
    moment = time.monotonic() if at is None else at
    return make_result(score, labels=(label, "other"), index=index, at=moment)


def wait_until(is_so: Callable[[], object], seconds: float = 15) -> None:
    """Raises AssertionError when it is not so in time; the time is a bound for a busy machine, not a speed."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


class Kept:
    """A sink that keeps what it gets. `open_gate` lets a `write` that waits at a closed gate go on."""

    def __init__(self, is_gate_open: bool = True) -> None:
        self.results: list[Result] = []
        self.events: list[SourceEvent] = []
        self.error: Exception | None = None
        self.is_closed = False
        self.open_gate = threading.Event()
        if is_gate_open:
            self.open_gate.set()

    def write(self, result: Result) -> None:
        self.open_gate.wait(30)
        if self.error is not None:
            raise self.error
        self.results.append(result)

    def write_event(self, event: SourceEvent) -> None:
        self.events.append(event)

    def close(self) -> None:
        self.is_closed = True
        self.open_gate.set()
