"""The loop that times, with a clock and a classifier that are made up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, repeat

import pytest

from benchmarks.timing import (
    MAX_WARM_UP_SECONDS,
    MIN_RUNS,
    TURNS,
    WINDOW_RUNS,
    count_untimed,
    time_in_turns,
    time_runs,
    warm_up,
)


class FakeModel:
    """Takes the given seconds, run after run, on a clock of its own."""

    def __init__(self, *seconds: float) -> None:
        self.now = 100.0
        self._seconds = chain(seconds, repeat(seconds[-1]))

    def clock(self) -> float:
        return self.now

    def run(self) -> float:
        seconds = next(self._seconds)
        self.now += seconds
        return seconds


def test_warming_up_ends_when_two_windows_agree() -> None:
    model = FakeModel(0.5, *[0.02] * 8, 0.01)
    warmed = warm_up(model.run, model.clock)
    # Nine slow runs, of which four may still be in a window whose median is steady.
    assert warmed.runs == 9 - 4 + 2 * WINDOW_RUNS
    assert warmed.is_steady
    assert warmed.first_seconds == 0.5
    assert warmed.seconds == pytest.approx(model.now - 100)


def test_a_model_that_never_settles_is_told_so_and_timed_all_the_same() -> None:
    model = FakeModel(*(0.01 * 1.05**number for number in range(300)))
    warmed = warm_up(model.run, model.clock)
    assert not warmed.is_steady
    assert MAX_WARM_UP_SECONDS <= warmed.seconds < 2 * MAX_WARM_UP_SECONDS


def test_every_run_is_kept_in_its_order() -> None:
    model = FakeModel(0.1, 0.2, 0.3)
    assert time_runs(model.run, 3, None, model.clock) == [0.1, 0.2, 0.3]


def test_a_slow_model_is_timed_for_as_long_as_asked_but_once_at_least() -> None:
    model = FakeModel(0.1)
    assert len(time_runs(model.run, 100, 0.95, model.clock)) == 10
    slow = FakeModel(60.0)
    assert len(time_runs(slow.run, 100, 0.3, slow.clock)) == 1


def time_turns(model: FakeModel, runs: int, seconds: float | None, others: float = 0) -> list[list[float]]:
    """Turns for which it has to wait while others take so many seconds."""

    @contextmanager
    def turn() -> Iterator[None]:
        model.now += others
        yield

    return time_in_turns(model.run, runs, seconds, model.clock, turn)


def test_a_round_is_timed_in_turns_and_the_first_run_of_each_does_not_count() -> None:
    # In each turn of three runs the first, when others have had the caches, takes long.
    model = FakeModel(*[0.5, 0.1, 0.1] * TURNS)
    assert time_turns(model, 2 * TURNS, None) == [[0.1, 0.1]] * TURNS
    # The time of others is not the model's.
    assert time_turns(FakeModel(0.01), 100, 1.0, others=60) == [[0.01] * 5] * TURNS
    uneven = time_turns(FakeModel(0.01), 2 * TURNS + 1, None)
    assert [len(turn) for turn in uneven] == [3] * 13 + [2]


@pytest.mark.parametrize(
    ("runs", "seconds"), [(1, None), (2, None), (TURNS + 1, None), (2 * TURNS + 1, None), (100, 1.0), (100, 0.1)]
)
def test_the_runs_that_do_not_count_are_counted(runs: int, seconds: float | None) -> None:
    model = FakeModel(0.0625)
    turns = time_turns(model, runs, seconds)
    assert (sum(map(len, turns)) + count_untimed([len(turn) for turn in turns])) * 0.0625 == model.now - 100


def test_a_slow_model_has_fewer_turns_of_one_run_but_a_few_at_least() -> None:
    model = FakeModel(0.2)
    assert time_turns(model, 300, 1.0) == [[0.2]] * 5
    # Of all turns but the first, which cannot know it, a run that fills one counts.
    assert model.now == pytest.approx(100 + 6 * 0.2)
    assert time_turns(FakeModel(60.0), 300, 1.0) == [[60.0]] * MIN_RUNS
    assert time_turns(FakeModel(60.0), 1, None) == [[60.0]]
