"""What a classification gives."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from runtime.frame import Frame

# The label of a frame on which nothing reaches the threshold.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Prediction:
    """A class: its label, its number among the network's outputs, and its score (a probability, 0..1)."""

    label: str
    index: int
    score: float


@dataclass(frozen=True)
class Timings:
    """Seconds. age: from the capture of the frame to its result. prepare: decoding, scaling and fitting.
    invoke: the network with its input and output. total: prepare, invoke and ranking.
    """

    age: float
    prepare: float
    invoke: float
    total: float


@dataclass(frozen=True)
class Result:
    """The best classes of a frame, best first. `label` and `score` are those of the best one; `unknown` and 0 where
    nothing reached the threshold. scores: of all classes, float32 (classes,), where they were kept."""

    predictions: tuple[Prediction, ...]
    frame: Frame
    timings: Timings
    scores: np.ndarray | None = field(default=None, repr=False, compare=False)

    @property
    def label(self) -> str:
        return self.predictions[0].label if self.predictions else UNKNOWN

    @property
    def score(self) -> float:
        return self.predictions[0].score if self.predictions else 0.0
