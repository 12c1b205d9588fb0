"""How far medians and their ratios can be trusted: bootstrap intervals over the rounds of a run.

The rounds are what is resampled, never the single runs: runs of one process share its memory layout and the
mood of the machine, so a thousand of them know little more than one. The interval is the percentile bootstrap's
(Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13) of the median, which no single bad
round can move far, expanded for few rounds (Hesterberg, What Teachers Should Know About the Bootstrap, The American
Statistician 69, 2015, section 5.2): without it ten rounds would hold the truth 94 times in 100.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

CONFIDENCE = 0.95
# Of fewer nothing can be said: a bootstrap of two would hold the truth twice in three times.
_FEWEST = 3
_RESAMPLES = 4000
_SEED = 0

Rounds = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Estimate:
    """A value and where it lies with 95 % confidence: low <= value <= high; 0 to infinity where that is not known."""

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.low} <= {self.value} <= {self.high} does not hold; expected value within its ends")

    @property
    def is_real(self) -> bool:
        """Of a ratio: whether 1 (no difference) lies outside."""
        return not self.low <= 1 <= self.high

    @property
    def reach(self) -> float:
        """Half the interval's length as a share of the value: 0.02 is `plus or minus 2 %`."""
        return (self.high - self.low) / 2 / self.value if self.value else 0.0


def estimate_median(rounds: Rounds) -> Estimate:
    """The median (of the rounds' medians) of times in rounds; of a single round, of its runs.

    Raises ValueError where a round is empty or there is none.
    """
    centres = _centres(rounds)
    values = centres if len(centres) > 1 else np.asarray(rounds[0], float)
    return _estimate(float(np.median(values)), _resample(values, np.random.default_rng(_SEED)), len(values))


def estimate_ratio(measured: Rounds, reference: Rounds) -> Estimate:
    """How many times longer `measured` took than `reference`, measured at different times."""
    generator = np.random.default_rng(_SEED)
    ours, theirs = _centres(measured), _centres(reference)
    ratios = _resample(ours, generator) / _resample(theirs, generator)
    return _estimate(float(np.median(ours) / np.median(theirs)), ratios, min(len(ours), len(theirs)))


def estimate_paired_ratio(measured: Rounds, reference: Rounds) -> Estimate:
    """Likewise of two that took part in the same rounds: what slows a whole round cancels out.

    Raises ValueError unless both have as many rounds.
    """
    if len(measured) != len(reference):
        raise ValueError(f"{len(measured)} rounds against {len(reference)}; expected as many")
    ratios = _centres(measured) / _centres(reference)
    return _estimate(float(np.median(ratios)), _resample(ratios, np.random.default_rng(_SEED)), len(ratios))


def estimate_ratio_in_turns(measured: Sequence[Rounds], reference: Sequence[Rounds]) -> Estimate:
    """Likewise of two that took turns in each round: its ratio is the median of those of the turns.

    measured[i][j]: the times of turn j of round i. The mood of a machine (what its neighbours do to caches and to the
    clock) lasts for seconds, so the two turns of most pairs have the same one, and their median sees no other.
    Raises ValueError unless both have as many rounds.
    """
    if len(measured) != len(reference):
        raise ValueError(f"{len(measured)} rounds against {len(reference)}; expected as many")
    pairs = zip(measured, reference)
    return estimate_paired_ratio([[float(np.median(_turn_ratios(*pair)))] for pair in pairs], [(1.0,)] * len(measured))


def _turn_ratios(ours: Rounds, theirs: Rounds) -> np.ndarray:
    """Of as many runs of either: the caches of a turn are warmer with each, and a faster model has more of them."""
    if not (ours and theirs and all(map(len, (*ours, *theirs)))):
        raise ValueError("an empty turn, or none; expected times in each")
    pairs = [(mine[: len(other)], other[: len(mine)]) for mine, other in zip(ours, theirs)]
    return np.asarray([np.median(mine) / np.median(other) for mine, other in pairs])


def _centres(rounds: Rounds) -> np.ndarray:
    if not rounds or not all(len(times) for times in rounds):
        raise ValueError("an empty round, or none; expected times in each")
    return np.asarray([np.median(times) for times in rounds])


def _resample(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Medians of resamples of the values."""
    chosen = generator.integers(0, len(values), (_RESAMPLES, len(values)))
    return np.asarray(np.median(values[chosen], axis=1))


def _estimate(value: float, resampled: np.ndarray, count: int) -> Estimate:
    """The interval from medians of resamples of `count` values."""
    if count < _FEWEST:
        return Estimate(value, 0.0, math.inf)
    tail = expanded_tail(count)
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Estimate(value, min(float(low), value), max(float(high), value))


def expanded_tail(count: int) -> float:
    """What to leave out at either end, so that the interval of a mean of `count` values (2 or more) would be as long as
    Student's.
    """
    z, freedom = NormalDist().inv_cdf((1 + CONFIDENCE) / 2), count - 1
    # Student's quantile by its expansion in 1/freedom: Abramowitz & Stegun, 26.7.5.
    t = (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
    return NormalDist().cdf(-t * math.sqrt(count / freedom))
