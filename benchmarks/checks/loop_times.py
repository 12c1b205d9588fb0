"""Loops over one picture, timed in interleaved blocks: the bare interpreter, Classifier.classify, a Pillow loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.bare_interpreter import open_interpreter
from benchmarks.interleave import interleave
from benchmarks.progress import Progress
from runtime.classifier import Classifier

BLOCK_RUNS = 20
_WARM_UP_RUNS = 10


def measure_loops(model: Path, picture: np.ndarray, blocks: int, progress: Progress) -> dict[str, tuple[float, ...]]:
    """Seconds of single runs with one thread, by the loop's name, `blocks` x BLOCK_RUNS of each.

    Args:
        model: a `.tflite` file.
        picture: uint8, height x width x 3, RGB.

    invoke: the interpreter's `invoke()` alone. classify: `Classifier.classify(picture)`. pillow: what the
    usual example does: Pillow's antialiased resize of the whole picture, set_tensor, invoke.
    """
    classifier = Classifier.load(model, threads=1, backend="litert")
    interpreter = open_interpreter(model)
    loops: dict[str, Callable[[], object]] = {
        "invoke": interpreter.invoke,
        "classify": lambda: classifier.classify(picture),
        "pillow": _make_pillow_loop(interpreter, picture),
    }
    for loop in loops.values():
        _time(loop, _WARM_UP_RUNS)
    times: dict[str, list[float]] = {name: [] for name in loops}
    for name in interleave(loops, blocks, progress):
        times[name] += _time(loops[name], BLOCK_RUNS)
    return {name: tuple(values) for name, values in times.items()}


def _make_pillow_loop(interpreter, picture: np.ndarray) -> Callable[[], None]:  # type: ignore[no-untyped-def]
    details = interpreter.get_input_details()[0]
    _, height, width, _ = details["shape"]

    def classify() -> None:
        resized = Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR)
        interpreter.set_tensor(details["index"], np.asarray(resized, details["dtype"])[np.newaxis])
        interpreter.invoke()

    return classify


def _time(loop: Callable[[], object], runs: int) -> list[float]:
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        loop()
        times.append(time.perf_counter() - started)
    return times
