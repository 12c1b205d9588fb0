"""What was measured of model files: value objects of raw figures, each with its unit in its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from pathlib import PurePath

from benchmarks.answers import Answers
from benchmarks.bootstrap import Estimate, estimate_median, estimate_ratio_in_turns
from benchmarks.conditions import UNKNOWN, Conditions
from benchmarks.host import Host
from benchmarks.model_names import name_models
from benchmarks.peaks import Peaks
from benchmarks.timing import count_untimed
from runtime.card import ModelCard
from runtime.measure import quantile


@dataclass(frozen=True)
class Subject:
    """What is measured: a model file by one backend with so many threads, in one scenario, on one host.

    model: the path as it was given. backend: a name of runtime.backends.BACKENDS. scenario: a name of
    benchmarks.scenarios.SCENARIOS. host: `user@name` as for ssh; empty for this machine.
    """

    model: str
    backend: str
    threads: int
    scenario: str = "single-stream"
    host: str = ""

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ValueError(f"{self.threads} threads; expected 1 or more")

    @property
    def name(self) -> str:
        """The file's name."""
        return PurePath(self.model).name

    @property
    def setting(self) -> str:
        """How the file is run, in a few words."""
        words = [self.backend, f"{self.threads} thread{'s' * (self.threads != 1)}"]
        words += [self.scenario] if self.scenario != "single-stream" else []
        return ", ".join([*words, self.host] if self.host else words)

    def __str__(self) -> str:
        return f"{self.name} ({self.setting})"


@dataclass(frozen=True)
class Round:
    """What one process measured.

    number: of the round; what has the same number was measured close together. total_seconds: one time a query, in
    the order of the queries; prepare and invoke likewise (see runtime.measure.Latency), empty where a query is of
    several pictures. turn_runs: how many of them were timed in each turn; empty where it took none.
    time_to_first_result: from the start of the process, with the imports and the loading of the model.
    steady_memory_bytes: after the runs; peak_memory_bytes: the most there was. Both of the whole process, None where
    the system does not tell. is_steady: whether warming up came to an end by itself.
    """

    number: int
    prepare_seconds: tuple[float, ...]
    invoke_seconds: tuple[float, ...]
    total_seconds: tuple[float, ...]
    load_seconds: float
    first_seconds: float
    time_to_first_result_seconds: float
    steady_memory_bytes: int | None
    peak_memory_bytes: int | None
    is_steady: bool = True
    conditions: Conditions = UNKNOWN
    turn_runs: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        parts = {len(self.prepare_seconds), len(self.invoke_seconds)}
        if not self.total_seconds or not parts <= {0, len(self.total_seconds)} or len(parts) != 1:
            raise ValueError(
                f"a round of {len(self.prepare_seconds)}, {len(self.invoke_seconds)}, {len(self.total_seconds)} times; "
                "expected as many of prepare, invoke and total (or none of the first two), and some"
            )
        if min(self.total_seconds) <= 0 or min((0.0, *self.prepare_seconds, *self.invoke_seconds)) < 0:
            raise ValueError("times of 0 or less; expected seconds")
        if self.turn_runs and sum(self.turn_runs) != len(self.total_seconds):
            raise ValueError(f"turns of {self.turn_runs} runs; expected {len(self.total_seconds)} in all")

    @property
    def all_runs(self) -> int:
        """Also those in its turns that were not timed: what Conditions tells is of all of them."""
        return len(self.total_seconds) + count_untimed(self.turn_runs)

    def turns(self, step: str = "total_seconds") -> list[tuple[float, ...]]:
        """The times of a step, turn by turn."""
        times: tuple[float, ...] = getattr(self, step)
        ends = list(accumulate(self.turn_runs or (len(times),)))
        return [times[start:end] for start, end in zip([0, *ends], ends)]


@dataclass(frozen=True)
class Measurement:
    """All that was measured of one subject.

    card: without its golden samples. measured_at: when it began, ISO 8601, UTC. picture: the size of what was fitted
    and classified to time it. pictures_a_query: how many each of the times is for. macs: multiply-accumulates of one
    picture, None where the file does not tell. file_sha256: of the model file.
    """

    subject: Subject
    file_bytes: int
    file_sha256: str
    card: ModelCard
    host: Host
    measured_at: str
    picture_width_pixels: int
    picture_height_pixels: int
    pictures_a_query: int
    macs: int | None
    rounds: tuple[Round, ...]

    def __post_init__(self) -> None:
        if not self.rounds:
            raise ValueError(f"{self.subject}: no rounds; expected at least one")
        if min(self.file_bytes, self.pictures_a_query) < 1 or (self.macs or 0) < 0:
            raise ValueError(
                f"{self.subject}: {self.file_bytes} bytes, {self.pictures_a_query} pictures a query, {self.macs} "
                "multiply-accumulates; expected 1 or more of the first two, and no less than 0"
            )

    @property
    def total_seconds(self) -> tuple[float, ...]:
        return self.times("total_seconds")

    def times(self, name: str) -> tuple[float, ...]:
        """All rounds' times of a step: `prepare_seconds`, `invoke_seconds` or `total_seconds`."""
        return tuple(time for part in self.rounds for time in getattr(part, name))

    @property
    def latency(self) -> Estimate:
        """Seconds of a query, the median with its interval."""
        return estimate_median([part.total_seconds for part in self.rounds])

    def ratio_to(self, other: Measurement) -> Estimate | None:
        """How many times longer a query takes than one of another of the same run; None where they share no round."""
        theirs = {part.number: part for part in other.rounds}
        ours = [part for part in self.rounds if part.number in theirs]
        if not ours:
            return None
        return estimate_ratio_in_turns([p.turns() for p in ours], [theirs[p.number].turns() for p in ours])

    @property
    def pictures_a_second(self) -> float:
        return self.pictures_a_query * len(self.total_seconds) / sum(self.total_seconds)

    def largest(self, figure: Callable[[Round], float | None]) -> float | None:
        """The largest of the rounds' figures, None where none has it."""
        return max((value for value in map(figure, self.rounds) if value is not None), default=None)

    def median(self, figure: Callable[[Round], float | None]) -> float | None:
        """The median of the rounds' figures, None where none has it."""
        values = tuple(value for value in map(figure, self.rounds) if value is not None)
        return quantile(values, 0.5) if values else None


@dataclass(frozen=True)
class Failure:
    """A model that could not be measured, or not to the end, and why. setting: empty where it fails in any."""

    model: str
    message: str
    setting: str = ""


@dataclass(frozen=True)
class Results:
    """A run of the benchmark: what was measured, and what could not be. A model is in both where its latency was
    measured and its accuracy could not be.

    answers: to the pictures of the data, one for each model, backend and host. peaks: of the hosts' processors.
    settings: what was asked for, as it stands in the file; a run is resumed with the same only. data_sha256: see
    runtime.dataset.digest; likewise. Empty in the files of before there was one, and of several runs.
    """

    measurements: tuple[Measurement, ...] = ()
    failures: tuple[Failure, ...] = ()
    answers: tuple[Answers, ...] = ()
    peaks: tuple[Peaks, ...] = ()
    settings: dict[str, object] = field(default_factory=dict)
    data_sha256: str = ""

    @cached_property
    def names(self) -> dict[str, str]:
        """What each model is called, by its path: the file's name, with folders where several have it."""
        return name_models([m.subject.model for m in self.measurements] + [f.model for f in self.failures])

    def title_of(self, one: Subject | Failure) -> str:
        """What its model is called, and how it was run."""
        return f"{self.names[one.model]} ({one.setting})" if one.setting else self.names[one.model]

    def answers_of(self, subject: Subject) -> Answers | None:
        """What the subject's model answered; the number of threads and the scenario do not matter."""
        wanted = (subject.model, subject.backend, subject.host)
        return next((one for one in self.answers if (one.model, one.backend, one.host) == wanted), None)
