"""Whether a model is as often right as it is sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Of equal width, as in Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
_BINS = 15


@dataclass(frozen=True)
class ReliabilityBin:
    """The answers whose confidence is above `low` and at most `high`.

    confidence: their mean confidence. accuracy: the share of them that is right.
    """

    low: float
    high: float
    confidence: float
    accuracy: float
    count: int


def bin_answers(confidences: np.ndarray, right: np.ndarray) -> tuple[ReliabilityBin, ...]:
    """Answers by their confidence: 15 bins of equal width, without the empty ones, lowest first.

    confidences: 0..1 (float64, count). right: whether each answer is (bool, count).
    """
    edges = np.linspace(0, 1, _BINS + 1)
    # Bin i holds confidences in (edge i, edge i + 1].
    bins = np.clip(np.searchsorted(edges, confidences) - 1, 0, _BINS - 1)
    return tuple(
        ReliabilityBin(
            float(edges[number]),
            float(edges[number + 1]),
            float(confidences[bins == number].mean()),
            float(right[bins == number].mean()),
            int((bins == number).sum()),
        )
        for number in np.unique(bins)
    )


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """How far confidence is from the share of right answers, 0..1: the mean over the bins, weighed by count.

    The expected calibration error, equation 3 of Guo et al., https://arxiv.org/abs/1706.04599.
    """
    return sum(part.count * abs(part.accuracy - part.confidence) for part in bins) / sum(part.count for part in bins)
