"""Where models are measured: this machine, or one that is reached over ssh (benchmarks.remote)."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from benchmarks.answers import Answers
from benchmarks.host import Host, describe_host
from benchmarks.measurement import Round
from benchmarks.peaks import Peaks
from benchmarks.progress import Progress
from benchmarks.tasks import AccuracyTask, LatencyTask, PeaksTask
from benchmarks.worker_process import run_accuracy, run_latency, run_peaks
from runtime.backends.table import find_backends
from runtime.errors import BackendError


class Machine(Protocol):
    """What a run asks of a machine. Each method raises an EdgeframeError where the work cannot be done there."""

    name: str
    host: Host

    def default_backend(self, model: str) -> str: ...

    def time_round(self, task: LatencyTask) -> Round: ...

    def answer(self, task: AccuracyTask, progress: Progress) -> Answers: ...

    def find_peaks(self, threads: int) -> Peaks | None: ...


class ThisMachine:
    """Each measurement in a process of its own; see Machine."""

    name = ""

    def __init__(self) -> None:
        self.host = describe_host()

    def default_backend(self, model: str) -> str:
        rows = find_backends(Path(model).suffix)
        if not rows:
            raise BackendError(f"{model}: nothing installed here runs it; see runtime doctor")
        return rows[0].name

    def time_round(self, task: LatencyTask) -> Round:
        return run_latency(task)

    def answer(self, task: AccuracyTask, progress: Progress) -> Answers:
        return run_accuracy(task, progress)

    def find_peaks(self, threads: int) -> Peaks | None:
        return run_peaks(PeaksTask(threads))
