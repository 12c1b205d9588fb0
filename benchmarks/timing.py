"""The loop that times: warm up until it is steady, then keep every raw figure. The clock is the caller's."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

Clock = Callable[[], float]
T = TypeVar("T")

# Steady: the median of a window of runs differs from that of the window before by at most this share.
STEADY_SHARE = 0.02
WINDOW_RUNS = 10
MIN_WARM_UP_SECONDS, MAX_WARM_UP_SECONDS = 0.15, 2.0
MIN_RUNS = 5
# A process times in so many parts, between which others have their turn: what neighbours do to a machine
# changes within seconds, and so it does the same to all of them.
TURNS = 20


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
    """What `run` gave, `most_runs` times; fewer (but one) where `most_seconds` are over before."""
    started = clock()
    kept: list[T] = []
    while len(kept) < most_runs:
        kept.append(run())
        if most_seconds is not None and clock() - started >= most_seconds:
            break
    return kept


def time_in_turns(
    run: Callable[[], T],
    most_runs: int,
    most_seconds: float | None,
    clock: Clock,
    turn: Callable[[], AbstractContextManager[object]],
) -> list[list[T]]:
    """What `run` gave in each turn, `most_runs` times in all; fewer (but MIN_RUNS) where `most_seconds` are over.

    turn: is entered for each; it waits until it is this process's. The first run of a turn does not count unless one
    fills it: others have had the caches since the last one.
    """
    runs, seconds = -(-most_runs // TURNS), None if most_seconds is None else most_seconds / TURNS
    turns: list[list[T]] = []
    left, spent = most_runs, 0.0
    while left > 0 and (most_seconds is None or spent < most_seconds or most_runs - left < MIN_RUNS):
        with turn():
            if _begins_untimed(len(turns[-1]) if turns else None):
                run()
            started = clock()
            turns.append(time_runs(run, min(runs, left), seconds, clock))
            spent += clock() - started
        left -= len(turns[-1])
    return turns


def _begins_untimed(runs_before: int | None) -> bool:
    """Whether a turn's first run does not count, after one of so many; None: it is the first."""
    return runs_before is None or runs_before > 1


def count_untimed(turn_runs: Sequence[int]) -> int:
    """How many runs of `time_in_turns` were made besides the so many of its turns."""
    return sum(map(_begins_untimed, [None, *turn_runs][:-1]))
