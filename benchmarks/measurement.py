"""What was measured of model files: value objects of raw figures, each with its unit in its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from benchmarks.host import Host
from benchmarks.intervals import wilson_interval
from runtime.card import ModelCard


@dataclass(frozen=True)
class Round:
    """What one process measured.

    prepare, invoke, total: one time a run, in the order of the runs; see runtime.measure.Latency.
    time_to_first_result: from the start of the process, so with the imports and the loading of the model.
    peak_memory_bytes: of the whole process; None where the system does not tell.
    """

    prepare_seconds: tuple[float, ...]
    invoke_seconds: tuple[float, ...]
    total_seconds: tuple[float, ...]
    time_to_first_result_seconds: float
    peak_memory_bytes: int | None

    def __post_init__(self) -> None:
        counts = {len(self.prepare_seconds), len(self.invoke_seconds), len(self.total_seconds)}
        if len(counts) != 1 or counts == {0}:
            raise ValueError(
                f"a round of {sorted(counts)} times; expected as many of prepare, invoke and total, and some"
            )


@dataclass(frozen=True)
class Accuracy:
    """Of `total` pictures of a split of some data `correct` were right at top-1; `unreadable` more were left out."""

    data: str
    split: str
    correct: int
    total: int
    unreadable: int = 0

    def __post_init__(self) -> None:
        wilson_interval(self.correct, self.total)

    @property
    def top1(self) -> float:
        """The share of right answers, 0..1."""
        return self.correct / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """Where top1 lies with 95 % confidence."""
        return wilson_interval(self.correct, self.total)


@dataclass(frozen=True)
class Measurement:
    """All that was measured of one model file on one host, by one backend with so many threads.

    model: the path as it was given. card: without its golden samples. measured_at: when it began, ISO 8601, UTC.
    picture: the size of what was fitted and classified to time it. accuracy: None where a run was stopped before it.
    """

    model: str
    file_bytes: int
    card: ModelCard
    host: Host
    backend: str
    threads: int
    measured_at: str
    picture_width_pixels: int
    picture_height_pixels: int
    rounds: tuple[Round, ...]
    accuracy: Accuracy | None = None

    def __post_init__(self) -> None:
        if not self.rounds:
            raise ValueError(f"{self.model}: no rounds; expected at least one")

    @property
    def name(self) -> str:
        """The file's name."""
        return PurePath(self.model).name

    @property
    def prepare_seconds(self) -> tuple[float, ...]:
        return tuple(time for part in self.rounds for time in part.prepare_seconds)

    @property
    def invoke_seconds(self) -> tuple[float, ...]:
        return tuple(time for part in self.rounds for time in part.invoke_seconds)

    @property
    def total_seconds(self) -> tuple[float, ...]:
        return tuple(time for part in self.rounds for time in part.total_seconds)

    @property
    def peak_memory_bytes(self) -> int | None:
        """The largest of the rounds' peaks."""
        return max((part.peak_memory_bytes for part in self.rounds if part.peak_memory_bytes is not None), default=None)


@dataclass(frozen=True)
class Failure:
    """A model that could not be measured, or not to the end, and why."""

    model: str
    message: str

    @property
    def name(self) -> str:
        """The file's name."""
        return PurePath(self.model).name


@dataclass(frozen=True)
class Results:
    """A run of the benchmark: what was measured, and what could not be. A model is in both where its latency was
    measured and its accuracy could not be.
    """

    measurements: tuple[Measurement, ...] = ()
    failures: tuple[Failure, ...] = ()
