"""Measuring model files side by side: latency in interleaved rounds, then accuracy, one process for each."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.host import describe_host
from benchmarks.measurement import Failure, Measurement, Results
from benchmarks.progress import progress_bar
from benchmarks.results_file import write_results
from benchmarks.tasks import PICTURE_HEIGHT, PICTURE_WIDTH, AccuracyTask, LatencyAnswer, LatencyTask, Settings
from benchmarks.worker import open_pictures
from benchmarks.worker_process import run_accuracy, run_latency
from runtime.backends import BACKENDS
from runtime.card import ModelCard
from runtime.card_file import read_card
from runtime.dataset import DataSet
from runtime.errors import EdgeframeError, ModelError, UsageError

ROUNDS = 5
_SEED = 0


def run_benchmark(models: Sequence[str], settings: Settings, file: Path) -> Results:
    """Measure each model file and write the results to `file` after each step.

    Every round times each model once, in a process of its own and in a new random order, so that a machine
    that drifts (temperature, other programs) slows all of them alike. A model that fails, or takes its
    process down, becomes a Failure and the rest goes on.

    Raises DataError, UsageError: the data or the settings are of no use to any model.
    """
    if settings.backend is not None and settings.backend not in BACKENDS:
        raise UsageError(f"--backend {settings.backend}: expected one of {', '.join(BACKENDS)}")
    run = _Run(settings, file)
    run.admit(list(dict.fromkeys(models)), open_pictures(settings))
    run.measure_latency()
    run.measure_accuracy()
    return run.results


def split_runs(runs: int) -> list[int]:
    """`runs` in at most ROUNDS parts that differ by one at most."""
    rounds = min(ROUNDS, runs)
    return [runs // rounds + (number < runs % rounds) for number in range(rounds)]


@dataclass(frozen=True)
class _Subject:
    """A model that takes part, as it was before anything was measured; `card` without its golden samples."""

    model: str
    file_bytes: int
    card: ModelCard


class _Run:
    """The state of a run: the models that still take part, and what is known so far."""

    def __init__(self, settings: Settings, file: Path) -> None:
        self._settings = settings
        self._file = file
        self._host = describe_host()
        self._subjects: dict[str, _Subject] = {}
        self._measurements: dict[str, Measurement] = {}
        self._failures: list[Failure] = []

    @property
    def results(self) -> Results:
        return Results(tuple(self._measurements.values()), tuple(self._failures))

    def admit(self, models: list[str], data: DataSet) -> None:
        """Let models take part, but not those that are seen to fail: no file, no card, not the data's classes."""
        for model in models:
            with self._step(model):
                self._subjects[model] = _look_at(model, data)

    def measure_latency(self) -> None:
        generator = random.Random(_SEED)
        parts = split_runs(self._settings.runs)
        with progress_bar("latency", "process") as show:
            for number, runs in enumerate(parts):
                order = generator.sample(list(self._subjects.values()), len(self._subjects))
                for position, subject in enumerate(order):
                    show(number * len(order) + position, len(parts) * len(order))
                    with self._step(subject.model):
                        self._add_round(subject, run_latency(self._latency_task(subject, runs)))

    def measure_accuracy(self) -> None:
        for model in list(self._subjects):
            with self._step(model), progress_bar(f"accuracy of {Path(model).name}", "picture") as show:
                accuracy = run_accuracy(AccuracyTask(model, self._settings), show)
                self._measurements[model] = replace(self._measurements[model], accuracy=accuracy)

    def _latency_task(self, subject: _Subject, runs: int) -> LatencyTask:
        return LatencyTask(subject.model, self._settings, runs, started_at=time.monotonic())

    def _add_round(self, subject: _Subject, answer: LatencyAnswer) -> None:
        known = self._measurements.get(subject.model)
        if known is not None:
            self._measurements[subject.model] = replace(known, rounds=(*known.rounds, answer.round))
            return
        self._measurements[subject.model] = Measurement(
            model=subject.model,
            file_bytes=subject.file_bytes,
            card=subject.card,
            host=self._host,
            backend=answer.backend,
            threads=self._settings.threads,
            measured_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            picture_width_pixels=PICTURE_WIDTH,
            picture_height_pixels=PICTURE_HEIGHT,
            rounds=(answer.round,),
        )

    @contextmanager
    def _step(self, model: str) -> Iterator[None]:
        """A step of one model: an error ends the model's part in the run; either way the results are written."""
        try:
            yield
        except EdgeframeError as error:
            self._subjects.pop(model, None)
            self._failures.append(Failure(model, str(error)))
        write_results(self._file, self.results)


def _look_at(model: str, data: DataSet) -> _Subject:
    card = read_card(model)
    if card is None:
        raise ModelError(
            f"{model}: has no model card: it is truncated, no model, or was not made by edgeframe; copy it again, or "
            "make it from its .keras with python -m convert"
        )
    data.targets_in(card.labels)
    return _Subject(model, Path(model).stat().st_size, replace(card, golden=()))
