"""How many rounds a run has, and how many runs each: a plan made before, or until the figures are sure enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.bootstrap import estimate_median

# With these many rounds the interval of a median holds the truth 19 times in 20; see benchmarks.bootstrap.
ENOUGH_ROUNDS = 12
MOST_ROUNDS = 20
# A median is sure enough when its 95 % interval reaches no further than this share to either side.
SURE_REACH = 0.02
AUTO_RUNS, AUTO_SECONDS = 300, 1.0


@dataclass(frozen=True)
class RoundSize:
    """At most `runs` timed queries, and no more than `seconds` of them where that is not None."""

    runs: int
    seconds: float | None = None


def next_round(runs: int | None, done: Sequence[Sequence[float]]) -> RoundSize | None:
    """The size of the round after those `done` (their times), or None where nothing is left to do.

    runs: over all rounds, in at most ENOUGH_ROUNDS parts that differ by one at most; None: as many rounds as it takes.
    """
    number = len(done)
    if runs is None:
        is_over = number >= MOST_ROUNDS or (number >= ENOUGH_ROUNDS and not _is_worth_more(done))
        return None if is_over else RoundSize(AUTO_RUNS, AUTO_SECONDS)
    rounds = min(ENOUGH_ROUNDS, runs)
    return RoundSize(runs // rounds + (number < runs % rounds)) if number < rounds else None


def _is_worth_more(done: Sequence[Sequence[float]]) -> bool:
    """Not sure enough yet, but near enough for MOST_ROUNDS to do it: the reach goes with the root of their number."""
    reach = estimate_median(done).reach
    return SURE_REACH < reach <= SURE_REACH * math.sqrt(MOST_ROUNDS / len(done))
