"""How right a network is: its answers on labelled pictures, and all that can be counted from them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

import numpy as np

from runtime.errors import DataError
from runtime.intervals import wilson_interval
from runtime.reliability import ReliabilityBin, bin_answers, calibration_error

MOST_MISTAKES = 24


@dataclass(frozen=True)
class Answers:
    """What a network said of a batch of pictures.

    scores: float32 probabilities (count x classes), or those of the second of two classes (count x 1).
    targets: int64 classes (count). pictures: uint8 (count x height x width x channels), as the network saw them.
    numbers: int64, of the pictures in the data set (count).
    """

    scores: np.ndarray
    targets: np.ndarray
    pictures: np.ndarray
    numbers: np.ndarray

    @property
    def probabilities(self) -> np.ndarray:
        """float32, count x classes; one output `p` means the two classes 1 - p and p."""
        return np.concatenate([1 - self.scores, self.scores], axis=1) if self.scores.shape[1] == 1 else self.scores


@dataclass(frozen=True)
class Mistake:
    """A picture (uint8, height x width x channels, as the network saw it) that was taken for another class.

    score: probability of the wrong class. where: the data has it, as DataSet.where tells.
    """

    picture: np.ndarray
    actual: int
    predicted: int
    score: float
    where: str


@dataclass(frozen=True)
class Evaluation:
    """A network's answers on labelled pictures. Raises ValueError when the parts do not go together.

    probabilities: float32, count x classes. targets: int64, count. mistakes: the most confident wrong answers, worst
    first, at most MOST_MISTAKES.
    """

    labels: tuple[str, ...]
    probabilities: np.ndarray
    targets: np.ndarray
    mistakes: tuple[Mistake, ...]

    def __post_init__(self) -> None:
        expected = (len(self.targets), len(self.labels))
        if self.probabilities.shape != expected or not len(self.targets):
            raise ValueError(f"probabilities of shape {self.probabilities.shape}, expected {expected} and pictures")

    @property
    def count(self) -> int:
        return len(self.targets)

    @cached_property
    def predicted(self) -> np.ndarray:
        """The most probable class of each picture (int64, count)."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @property
    def only_answer(self) -> str | None:
        """The class that all pictures are taken for, though they show several; None where there is no such one."""
        if len(np.unique(self.targets)) == 1 or len(np.unique(self.predicted)) > 1:
            return None
        return self.labels[int(self.predicted[0])]

    @property
    def correct(self) -> int:
        return int((self.predicted == self.targets).sum())

    @property
    def top1(self) -> float:
        """The share of right answers, 0..1."""
        return self.correct / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """Where top1 lies with 95 % confidence."""
        return wilson_interval(self.correct, self.count)

    @property
    def top5(self) -> float | None:
        """The share of pictures whose class is among the five most probable, 0..1; None for five classes or fewer."""
        if len(self.labels) <= 5:
            return None
        first = np.argsort(-self.probabilities, axis=1, kind="stable")[:, :5]
        return float((first == self.targets[:, np.newaxis]).any(axis=1).mean())

    @cached_property
    def confusion(self) -> np.ndarray:
        """How often each class (row) was taken for each (column): int64, classes x classes."""
        classes = len(self.labels)
        cells = np.bincount(self.targets * classes + self.predicted, minlength=classes * classes)
        return cells.reshape(classes, classes)

    @property
    def support(self) -> np.ndarray:
        """The pictures of each class (int64, classes)."""
        return np.bincount(self.targets, minlength=len(self.labels))

    @property
    def precision(self) -> np.ndarray:
        """Of the answers that name a class, the share that is right (float64, classes); nan where none names it."""
        confusion = self.confusion
        return _share(confusion.diagonal(), confusion.sum(axis=0))

    @property
    def recall(self) -> np.ndarray:
        """Of the pictures of a class, the share found (float64, classes); nan where there are none."""
        return _share(self.confusion.diagonal(), self.support)

    @property
    def f1(self) -> np.ndarray:
        """The harmonic mean of precision and recall (float64, classes); nan where a class is neither seen nor named."""
        confusion = self.confusion
        return _share(2 * confusion.diagonal(), confusion.sum(axis=0) + self.support)

    @property
    def confidence(self) -> np.ndarray:
        """The probability of each answer (float64, count)."""
        return np.asarray(self.probabilities.max(axis=1), np.float64)

    @property
    def reliability(self) -> tuple[ReliabilityBin, ...]:
        """The answers by their confidence."""
        return bin_answers(self.confidence, self.predicted == self.targets)

    @property
    def expected_calibration_error(self) -> float:
        """How far confidence is from the share of right answers, 0..1."""
        return calibration_error(self.reliability)


def evaluate(batches: Iterable[Answers], labels: tuple[str, ...], where: Callable[[int], str]) -> Evaluation:
    """All batches as one. Only the pictures of the worst mistakes are kept. Raises DataError when there is no batch.

    where: tells of a picture's number where it is found, as DataSet.where.
    """
    probabilities: list[np.ndarray] = []
    targets: list[np.ndarray] = []
    worst: list[Mistake] = []
    for batch in batches:
        probabilities.append(batch.probabilities)
        targets.append(batch.targets)
        worst = heapq.nlargest(MOST_MISTAKES, [*worst, *_find_mistakes(batch, where)], key=attrgetter("score"))
    if not targets:
        raise DataError("no picture to evaluate the network on; expected at least one that can be read")
    return Evaluation(labels, np.concatenate(probabilities), np.concatenate(targets), tuple(worst))


def _find_mistakes(batch: Answers, where: Callable[[int], str]) -> list[Mistake]:
    """The worst of one batch; the pictures are copies, so that the batch's memory is given back."""
    predicted, scores = batch.probabilities.argmax(axis=1), batch.probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != batch.targets)
    worst = heapq.nlargest(MOST_MISTAKES, wrong, key=scores.__getitem__)
    return [
        Mistake(
            batch.pictures[place].copy(),
            int(batch.targets[place]),
            int(predicted[place]),
            float(scores[place]),
            where(int(batch.numbers[place])),
        )
        for place in worst
    ]


def _share(parts: np.ndarray, wholes: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(parts, wholes, out=np.full(len(wholes), np.nan), where=wholes > 0))
