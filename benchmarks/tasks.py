"""What the parent process of a benchmark asks of its workers, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.measurement import Round
from runtime.errors import UsageError

# What is classified to time it: a camera's frame. What is on it is of no account to a network's speed.
PICTURE_WIDTH, PICTURE_HEIGHT = 1280, 720


@dataclass(frozen=True)
class Settings:
    """How each model of a run is measured.

    data, split, data_dir: as in runtime.dataset.open_dataset. max_pictures: at most so many, a share of each
    class; None for all. threads: of the inference. backend: a name of runtime.backends.BACKENDS; None for the
    first one installed. runs: timed classifications of each model, over all rounds.
    """

    data: str
    split: str = "test"
    data_dir: str | None = None
    max_pictures: int | None = None
    threads: int = 1
    backend: str | None = None
    runs: int = 200

    def __post_init__(self) -> None:
        for name in ("threads", "runs", "max_pictures"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UsageError(f"--{name.replace('_', '-')} {value}: expected 1 or more")


@dataclass(frozen=True)
class LatencyTask:
    """Time `runs` classifications. started_at: monotonic seconds (the whole machine's clock) when asked."""

    model: str
    settings: Settings
    runs: int
    started_at: float


@dataclass(frozen=True)
class AccuracyTask:
    """Classify the settings' data."""

    model: str
    settings: Settings


Task = LatencyTask | AccuracyTask


@dataclass(frozen=True)
class LatencyAnswer:
    """The backend that was used (runtime.backends.Backend.name), and what it took."""

    backend: str
    round: Round
