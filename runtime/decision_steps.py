"""The steps between a frame's scores and a report, each from Result to Result (or None: it is not passed on)."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from runtime.ranking import find_best
from runtime.result import Prediction, Result


class Smooth:
    """Averages the scores of all classes over time, the newest weighing most. A new source starts anew."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._source: str | None = None
        self._smoothed = np.zeros(0, np.float32)
        self._captured_at = 0.0

    def __call__(self, result: Result) -> Result:
        scores, frame = kept_scores(result), result.frame
        if frame.source == self._source:
            passed = max(0.0, frame.captured_at - self._captured_at)
            newest = 1 - math.exp(-passed / self._seconds)
            scores = self._smoothed + newest * (scores - self._smoothed)
        self._source, self._captured_at = frame.source, frame.captured_at
        self._smoothed = np.array(scores, dtype=np.float32)
        return replace(result, scores=self._smoothed)


class Rank:
    """Makes the predictions from the scores: the `top` best of the allowed classes (None: of all)."""

    def __init__(self, labels: tuple[str, ...], top: int, allowed: tuple[int, ...] | None) -> None:
        self._labels = labels
        self._top = top
        self._allowed = np.arange(len(labels)) if allowed is None else np.array(allowed)

    def __call__(self, result: Result) -> Result:
        scores = kept_scores(result)
        best = [int(self._allowed[number]) for number in find_best(scores[self._allowed], self._top)]
        predictions = (Prediction(self._labels[index], index, scores.item(index)) for index in best)
        return replace(result, predictions=tuple(predictions))


class Threshold:
    """Leaves out what scores below it; a result with no predictions left is `unknown`."""

    def __init__(self, least: float) -> None:
        self._least = least

    def __call__(self, result: Result) -> Result:
        above = tuple(prediction for prediction in result.predictions if prediction.score >= self._least)
        return replace(result, predictions=above)


class Hold:
    """Passes a result on when its label has won `times` running."""

    def __init__(self, times: int) -> None:
        self._times = times
        self._label: str | None = None
        self._wins = 0

    def __call__(self, result: Result) -> Result | None:
        self._wins = self._wins + 1 if result.label == self._label else 1
        self._label = result.label
        return result if self._wins >= self._times else None


class Thin:
    """Passes on what is new (with `on_change`) and not too soon (`every` seconds after the last that passed).

    One step for both: a change that comes too soon is told as soon as its time has come, and is not lost.
    """

    def __init__(self, on_change: bool, every: float = 0.0) -> None:
        self._on_change = on_change
        self._every = every
        self._last: tuple[str, float] | None = None

    def __call__(self, result: Result) -> Result | None:
        captured_at = result.frame.captured_at
        if self._last is not None:
            label, reported_at = self._last
            if (self._on_change and result.label == label) or captured_at - reported_at < self._every:
                return None
        self._last = (result.label, captured_at)
        return result


def kept_scores(result: Result) -> np.ndarray:
    """Raises ValueError for a result whose maker did not keep them."""
    if result.scores is None:
        raise ValueError("smoothing and labels_only need results with scores; this one has predictions only")
    return result.scores
