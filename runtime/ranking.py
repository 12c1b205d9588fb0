"""The best classes of a list of scores."""

from __future__ import annotations

import numpy as np

from runtime.result import Prediction

# So few are looked for one by one, which is quicker than to sort all of a thousand.
_FEW = 8


def rank_classes(scores: np.ndarray, labels: tuple[str, ...], top: int) -> tuple[Prediction, ...]:
    """The `top` best classes, best first; of equal ones the first. scores: float32 (classes,), no NaN."""
    return tuple(Prediction(labels[index], index, scores.item(index)) for index in find_best(scores, top))


def find_best(scores: np.ndarray, count: int) -> list[int]:
    """Numbers of the `count` highest scores, the highest first; of equal ones the first."""
    if count > _FEW:
        return [int(index) for index in np.argsort(-scores, kind="stable")[:count]]
    left = scores.copy()
    best: list[int] = []
    while len(best) < min(count, len(scores)):
        best.append(int(left.argmax()))
        left[best[-1]] = -np.inf
    return best
