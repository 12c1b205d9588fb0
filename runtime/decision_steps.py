"""The steps between a frame's scores and a report, each from Result to Result (or None: it is not passed on)."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from runtime.ranking import find_best
from runtime.result import Prediction, Result

# Seconds by which the times of two frames may be nearer than they were written.
_ROUNDING = 1e-6


class Smooth:
    """Averages the scores of all classes over time, the newest weighing most. A new source starts anew."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._source: str | None = None
        self._smoothed = np.zeros(0, np.float32)
        self._moment = 0.0

    def __call__(self, result: Result) -> Result:
        scores, frame = kept_scores(result), result.frame
        if frame.source == self._source:
            passed = max(0.0, frame.moment - self._moment)
            newest = 1 - math.exp(-passed / self._seconds)
            scores = self._smoothed + newest * (scores - self._smoothed)
        self._source, self._moment = frame.source, frame.moment
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

    One step for both: a change that comes too soon is told as soon as its time has come, and is not lost. The time of
    each recording is its own, and nothing comes too soon after another's.
    """

    def __init__(self, on_change: bool, every: float = 0.0) -> None:
        self._on_change = on_change
        self._every = every
        self._last: tuple[str, str | None, float] | None = None

    def __call__(self, result: Result) -> Result | None:
        frame = result.frame
        recording = None if frame.recorded_at is None else frame.source
        if self._last is not None:
            label, reported_of, reported_at = self._last
            passed = frame.moment - reported_at if recording == reported_of else self._every
            is_too_soon = 0 <= passed < self._every - _ROUNDING  # below 0: the same recording once more
            if (self._on_change and result.label == label) or is_too_soon:
                return None
        self._last = (result.label, recording, frame.moment)
        return result


def kept_scores(result: Result) -> np.ndarray:
    """Raises ValueError for a result whose maker did not keep them."""
    if result.scores is None:
        raise ValueError("smoothing and labels_only need results with scores; this one has predictions only")
    return result.scores
