"""How often a converted file answers as its original does, and by how much their scores differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from convert.network import Network, split_batches
from convert.observer import Observer
from convert.pictures import FittedPictures

# A fitted picture (uint8, height x width x channels) to its scores (float32, classes).
ScorePicture = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Difference:
    """A picture, by its number, and the indices of the classes that each file names first."""

    number: int
    original: int
    converted: int


@dataclass(frozen=True)
class Agreement:
    """Original and converted file on the same pictures.

    agreeing: pictures on which both name the same class first. correct_original, correct: pictures that each
    names rightly, None where the pictures are unlabelled. A picture's difference is its largest absolute
    difference of a class's score; mean_difference and largest_difference are over the pictures. unanswered: pictures
    to which the converted file says NaN or infinity, which is neither right nor the original's answer.
    """

    count: int
    agreeing: int
    correct_original: int | None
    correct: int | None
    mean_difference: float
    largest_difference: float
    differing: tuple[Difference, ...] = ()
    unanswered: int = 0

    @property
    def top1(self) -> float:
        """The share of pictures on which both name the same class first, 0..1."""
        return self.agreeing / self.count


def compare_scores(original: np.ndarray, converted: np.ndarray, targets: np.ndarray | None) -> Agreement:
    """Compare scores, count x classes; `targets` are the right classes where they are known. Only `converted` may hold
    what is no number."""
    first, second = original.argmax(axis=1), converted.argmax(axis=1)
    answered = np.isfinite(converted).all(axis=1)
    agrees = answered & (first == second)
    differences = np.where(answered, np.abs(original - converted).max(axis=1), np.inf)
    return Agreement(
        count=len(original),
        agreeing=int(agrees.sum()),
        correct_original=None if targets is None else int((first == targets).sum()),
        correct=None if targets is None else int((answered & (second == targets)).sum()),
        mean_difference=float(differences.mean()),
        largest_difference=float(differences.max()),
        differing=tuple(
            Difference(int(number), int(first[number]), int(second[number])) for number in np.flatnonzero(~agrees)
        ),
        unanswered=int((~answered).sum()),
    )


def ask_original(network: Network, fitted: FittedPictures, observer: Observer) -> np.ndarray:
    """What the network says of the pictures: float32, count x classes."""
    batches = split_batches(fitted.pictures)
    return np.concatenate(
        [network.scores(batch) for batch in observer.track(batches, "asking the original", len(batches))]
    )


def measure_agreement(
    original: np.ndarray, score: ScorePicture, fitted: FittedPictures, observer: Observer
) -> Agreement:
    """Ask a converted file about the pictures of which the original says `original`."""
    pictures = fitted.pictures
    converted = [score(picture) for picture in observer.track(pictures, "asking the new file", len(pictures))]
    return compare_scores(original, np.stack(converted), fitted.targets)
