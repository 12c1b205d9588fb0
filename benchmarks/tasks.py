"""What the parent process of a benchmark asks of its workers, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.data import Data
from benchmarks.measurement import Subject
from benchmarks.scenarios import SCENARIOS
from runtime.errors import UsageError

# What is classified to time it: a camera's frame. What is on it is of no account to a network's speed.
PICTURE_WIDTH, PICTURE_HEIGHT = 1280, 720


@dataclass(frozen=True)
class Settings:
    """How the models of a run are measured: each with every backend, number of threads and scenario, here and on
    every host.

    backends: names of runtime.backends.BACKENDS; empty for the first one installed for a file. runs: timed
    queries of each, over all rounds; None for as many rounds as the interval of the median needs. hosts: as for ssh.
    """

    data: Data
    threads: tuple[int, ...] = (1,)
    backends: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ("single-stream",)
    runs: int | None = None
    hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.runs is not None and self.runs < 1:
            raise UsageError(f"--runs {self.runs}: expected 1 or more, or auto")
        if not self.threads or min(self.threads) < 1:
            raise UsageError(f"--threads {','.join(map(str, self.threads))}: expected 1 or more")
        for name in self.scenarios:
            if name not in SCENARIOS:
                raise UsageError(f"--scenario {name}: expected one of {', '.join(SCENARIOS)}")


@dataclass(frozen=True)
class LatencyTask:
    """Time `runs` queries, or as many as fit into `seconds` where that is less.

    started_at: monotonic seconds (the whole machine's clock) when its process was started. planted_share: so much of
    a picture's time is waited busily on top of each, a difference that the method has to find. silent_share: likewise
    after each, when no time is taken any more.
    """

    subject: Subject
    number: int
    runs: int
    seconds: float | None
    started_at: float = 0.0
    planted_share: float = 0.0
    silent_share: float = 0.0


@dataclass(frozen=True)
class AccuracyTask:
    """Classify the data."""

    subject: Subject
    data: Data


@dataclass(frozen=True)
class PeaksTask:
    """What the processor can do with so many threads."""

    threads: int


Task = LatencyTask | AccuracyTask | PeaksTask
