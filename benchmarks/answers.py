"""What a model answered to labelled pictures, and what follows: accuracy, agreement, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from runtime.intervals import wilson_interval
from runtime.reliability import bin_answers, calibration_error


@dataclass(frozen=True)
class Share:
    """`correct` of `total` pictures."""

    correct: int
    total: int

    def __post_init__(self) -> None:
        wilson_interval(self.correct, self.total)

    @property
    def value(self) -> float:
        """0..1."""
        return self.correct / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """Where it lies with 95 % confidence (Wilson)."""
        return wilson_interval(self.correct, self.total)


class AnswersOf(NamedTuple):
    """What was answered: see Answers."""

    model: str
    backend: str
    host: str
    data: str
    split: str


class Answer(NamedTuple):
    """To one picture; see Answers."""

    picture: int
    target: int
    predicted: int
    rank: int
    confidence: float


@dataclass(frozen=True)
class Answers:
    """One model's answers to pictures of a split of some data, one entry a picture that could be read.

    pictures: their numbers in the data. targets: the right classes, predicted: the best ones, as numbers of the
    model's outputs. ranks: how many classes came before the right one. confidences: scores of the predicted
    ones. unreadable: how many pictures were left out.
    """

    model: str
    backend: str
    host: str
    data: str
    split: str
    pictures: tuple[int, ...]
    targets: tuple[int, ...]
    predicted: tuple[int, ...]
    ranks: tuple[int, ...]
    confidences: tuple[float, ...]
    unreadable: int = 0

    def __post_init__(self) -> None:
        counts = {len(part) for part in (self.pictures, self.targets, self.predicted, self.ranks, self.confidences)}
        if len(counts) != 1 or counts == {0}:
            raise ValueError(f"{self.model}: answers to {sorted(counts)} pictures; expected as many of each, and some")
        if min((*self.targets, *self.predicted, *self.ranks, self.unreadable)) < 0:
            raise ValueError(f"{self.model}: numbers of classes or pictures below 0")

    @classmethod
    def collect(cls, what: AnswersOf, rows: Sequence[Answer], unreadable: int) -> Answers:
        """From the answers to single pictures, at least one."""
        return cls(
            *what,
            pictures=tuple(row.picture for row in rows),
            targets=tuple(row.target for row in rows),
            predicted=tuple(row.predicted for row in rows),
            ranks=tuple(row.rank for row in rows),
            confidences=tuple(round(row.confidence, 5) for row in rows),
            unreadable=unreadable,
        )

    def top(self, count: int) -> Share:
        """How often the right class was among the `count` best."""
        return Share(sum(rank < count for rank in self.ranks), len(self.ranks))

    def top1_of_class(self, target: int) -> Share | None:
        """Of the pictures of one class; None where there are none."""
        ranks = [rank for rank, of in zip(self.ranks, self.targets) if of == target]
        return Share(sum(rank == 0 for rank in ranks), len(ranks)) if ranks else None

    @property
    def calibration_error(self) -> float:
        """Expected calibration error, 0..1: how far confidence and accuracy are apart, over bins of confidence."""
        return calibration_error(bin_answers(np.array(self.confidences, float), np.array(self.ranks) == 0))

    def agreement(self, other: Answers) -> Share | None:
        """How often both gave the same class; None where they have no pictures in common."""
        if (self.data, self.split) != (other.data, other.split):
            return None
        theirs = dict(zip(other.pictures, other.predicted))
        pairs = [(mine, theirs[at]) for at, mine in zip(self.pictures, self.predicted) if at in theirs]
        return Share(sum(mine == their for mine, their in pairs), len(pairs)) if pairs else None
