"""The loop that times: warm up until it is steady, then keep every raw figure. The clock is the caller's."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Clock = Callable[[], float]
T = TypeVar("T")

# Steady: the median of a window of runs differs from that of the window before by at most this share.
STEADY_SHARE = 0.02
WINDOW_RUNS = 10
MIN_WARM_UP_SECONDS, MAX_WARM_UP_SECONDS = 0.15, 2.0
MIN_RUNS = 5


@dataclass(frozen=True)
class WarmUp:
    """What went before the timed runs. first: seconds of the very first one. is_steady: False where the time
    for it ran out first."""

    runs: int
    seconds: float
    first_seconds: float
    is_steady: bool


def warm_up(run: Callable[[], float], clock: Clock) -> WarmUp:
    """Call `run`, which gives its own seconds, until it is steady or MAX_WARM_UP_SECONDS are over."""
    started = clock()
    times = [run()]
    while True:
        spent = clock() - started
        is_steady = spent >= MIN_WARM_UP_SECONDS and _is_steady(times)
        if is_steady or spent >= MAX_WARM_UP_SECONDS:
            return WarmUp(len(times), spent, times[0], is_steady)
        times.append(run())


def _is_steady(times: list[float]) -> bool:
    if len(times) < 2 * WINDOW_RUNS:
        return False
    before, now = (statistics.median(part) for part in (times[-2 * WINDOW_RUNS : -WINDOW_RUNS], times[-WINDOW_RUNS:]))
    return abs(now - before) <= STEADY_SHARE * before


def time_runs(run: Callable[[], T], most_runs: int, most_seconds: float | None, clock: Clock) -> list[T]:
    """What `run` gave, `most_runs` times; fewer (but MIN_RUNS) where `most_seconds` are over before."""
    started = clock()
    kept: list[T] = []
    while len(kept) < most_runs:
        kept.append(run())
        if most_seconds is not None and len(kept) >= MIN_RUNS and clock() - started >= most_seconds:
            break
    return kept
