"""Where models are measured: this machine, or one that is reached over ssh (benchmarks.remote)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from benchmarks.answers import Answers
from benchmarks.host import Host, describe_host
from benchmarks.measurement import Round
from benchmarks.peaks import Peaks
from benchmarks.progress import Progress
from benchmarks.sensors import read_available_bytes
from benchmarks.tasks import AccuracyTask, LatencyTask, PeaksTask
from benchmarks.timing import TURNS
from benchmarks.worker_process import SILENCE_SECONDS, run_accuracy, run_in_turns, run_peaks
from runtime.backends.table import choose_backend
from runtime.errors import EdgeframeError

# What a process takes beside the model's file, and that in times of the file's size, both generously.
_PROCESS_BYTES, _FILE_TIMES = 150_000_000, 3
# What is available where the system does not tell.
_USUAL_BYTES = 2_000_000_000


class Machine(Protocol):
    """What a run asks of a machine. Each method raises an EdgeframeError where the work cannot be done there."""

    name: str
    host: Host

    def default_backend(self, model: str) -> str: ...

    def time_round(self, tasks: Sequence[LatencyTask], tell: Callable[[int], None]) -> Iterator[Round | EdgeframeError]:
        """Of each task, in their order, its round, or why there is none.

        tell: is told how many turns were taken, of benchmarks.timing.TURNS for each task.
        """

    def answer(self, task: AccuracyTask, progress: Progress) -> Answers: ...

    def find_peaks(self, threads: int) -> Peaks | None: ...


class ThisMachine:
    """Each measurement in a process of its own, which is ended where it says nothing for so long; see Machine."""

    name = ""

    def __init__(self, silence_seconds: float = SILENCE_SECONDS) -> None:
        self.host = describe_host()
        self._silence_seconds = silence_seconds

    def default_backend(self, model: str) -> str:
        return choose_backend(Path(model)).name

    def time_round(self, tasks: Sequence[LatencyTask], tell: Callable[[int], None]) -> Iterator[Round | EdgeframeError]:
        done = 0
        for group in share_memory(tasks, read_available_bytes() or _USUAL_BYTES):
            yield from run_in_turns(group, partial(_tell_sum, tell, done), self._silence_seconds)
            done += TURNS * len(group)

    def answer(self, task: AccuracyTask, progress: Progress) -> Answers:
        return run_accuracy(task, progress, self._silence_seconds)

    def find_peaks(self, threads: int) -> Peaks | None:
        return run_peaks(PeaksTask(threads), self._silence_seconds)


def _tell_sum(tell: Callable[[int], None], one: int, other: int) -> None:
    tell(one + other)


def share_memory(tasks: Sequence[LatencyTask], available_bytes: int) -> Iterator[list[LatencyTask]]:
    """The tasks in their order, so many at once as half of the memory holds the processes of, one at least."""
    group: list[LatencyTask] = []
    left = available_bytes // 2
    for task in tasks:
        needed = _PROCESS_BYTES + _FILE_TIMES * _file_bytes(Path(task.subject.model))
        if group and needed > left:
            yield group
            group, left = [], available_bytes // 2
        group.append(task)
        left -= needed
    if group:
        yield group


def _file_bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
