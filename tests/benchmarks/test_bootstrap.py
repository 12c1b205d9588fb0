"""Intervals of medians and ratios, against scipy and against differences that were planted."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

from benchmarks.bootstrap import (
    Estimate,
    estimate_median,
    estimate_paired_ratio,
    estimate_ratio,
    estimate_ratio_in_turns,
    expanded_tail,
)
from benchmarks.rounds import AUTO_RUNS, ENOUGH_ROUNDS, MOST_ROUNDS, SURE_REACH, RoundSize, next_round

EXPERIMENTS = 200


def noisy_machine(seed: int, *shares: float) -> list[list[np.ndarray]]:
    """Rounds of times of 10 ms, longer by each share, on a machine that drifts by 10 % from round to round, has a
    noise of 3 % of its own for every process, and outliers of twice the time."""
    generator = np.random.default_rng(seed)
    drift = 1 + 0.1 * generator.random(ENOUGH_ROUNDS)
    times = []
    for share in shares:
        rounds = []
        for factor in drift * generator.normal(1, 0.03, ENOUGH_ROUNDS):
            runs = 0.010 * (1 + share) * factor * generator.normal(1, 0.02, 40)
            rounds.append(np.where(generator.random(40) < 0.05, 2 * runs, runs))
        times.append(rounds)
    return times


@pytest.mark.parametrize("count", [8, 12, 20, 100])
def test_the_expanded_tail_is_that_of_scipys_student_distribution(count: int) -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed: make install")
    expected = stats.norm.cdf(-stats.t.ppf(0.975, count - 1) * np.sqrt(count / (count - 1)))
    # The expansion of the quantile has four terms; the next one is below 2 % of the tail from 7 degrees of freedom on.
    assert expanded_tail(count) == pytest.approx(expected, rel=0.02)


def test_the_interval_of_a_median_holds_the_truth_19_times_in_20() -> None:
    held = 0
    for seed in range(EXPERIMENTS):
        rounds = np.random.default_rng(seed).normal(0.010, 0.001, (ENOUGH_ROUNDS, 5))
        estimate = estimate_median([tuple(times) for times in rounds])
        held += estimate.low <= 0.010 <= estimate.high
    # 19 in 20 of 200 are 190; below 180 it would be a chance of one in ten thousand.
    assert held >= 180


def test_the_interval_of_one_round_is_that_of_its_runs_and_near_scipys() -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed: make install")
    times = np.random.default_rng(1).lognormal(-4, 0.2, 200)
    estimate = estimate_median([times])
    oracle = stats.bootstrap((times,), np.median, method="percentile", rng=0).confidence_interval
    assert estimate.value == np.median(times)
    # Both are made of random resamples: they agree to a tenth of the interval's length.
    assert (estimate.low, estimate.high) == pytest.approx(oracle, abs=0.1 * (oracle.high - oracle.low))


def test_a_planted_difference_of_0_percent_is_not_found_19_times_in_20() -> None:
    found = sum(estimate_paired_ratio(*noisy_machine(seed, 0, 0)).is_real for seed in range(EXPERIMENTS))
    assert found <= 0.05 * EXPERIMENTS


def test_a_planted_difference_of_5_percent_is_found_and_lies_in_the_interval() -> None:
    ratios = [estimate_paired_ratio(*noisy_machine(seed, 0.05, 0)) for seed in range(EXPERIMENTS)]
    held = sum(ratio.low <= 1.05 <= ratio.high for ratio in ratios)
    assert held >= 0.95 * EXPERIMENTS
    # Each process has a noise of 3 %, so with 12 rounds the interval reaches about 4 %: most are found, none reversed.
    assert sum(ratio.low > 1 for ratio in ratios) >= 0.7 * EXPERIMENTS
    assert not any(ratio.high < 1 for ratio in ratios)


def test_what_slows_a_whole_round_cancels_out_in_a_pair() -> None:
    slow = [(0.010,), (0.020,), (0.040,)]
    slower = [(0.011,), (0.022,), (0.044,)]
    paired = estimate_paired_ratio(slower, slow)
    assert (paired.low, paired.value, paired.high) == pytest.approx((1.1, 1.1, 1.1))
    assert not estimate_ratio(slower, slow).is_real


def moody_machine(seed: int, *shares: float) -> list[list[list[tuple[float, ...]]]]:
    """Rounds of 20 turns of runs of 10 ms, longer by each share, on a machine whose neighbours slow it by a fifth half
    of the time, for some ten turns on end, and that has a noise of 1 % of its own for every process."""
    generator = np.random.default_rng(seed)
    times: list[list[list[tuple[float, ...]]]] = [[] for _ in shares]
    is_slow = False
    for _ in range(ENOUGH_ROUNDS):
        own = generator.normal(1, 0.01, len(shares))
        for number in range(20):
            for place in generator.permutation(len(shares)):
                is_slow ^= bool(generator.random() < 0.1 / len(shares))
                runs = 0.010 * (1 + shares[place]) * own[place] * (1.2 if is_slow else 1) * generator.normal(1, 0.02, 4)
                times[place] += [[]] if not number else []
                times[place][-1].append(tuple(runs))
    return times


def test_turns_find_what_the_moods_of_a_machine_hide() -> None:
    experiments = [moody_machine(seed, 0, 0, 0.05) for seed in range(EXPERIMENTS)]
    nothing = [estimate_ratio_in_turns(other, same) for same, other, _ in experiments]
    planted = [estimate_ratio_in_turns(slower, same) for same, _, slower in experiments]
    assert sum(ratio.is_real for ratio in nothing) <= 0.05 * EXPERIMENTS
    assert sum(ratio.low <= 1.05 <= ratio.high for ratio in planted) >= 0.95 * EXPERIMENTS
    assert all(ratio.low > 1 for ratio in planted)
    # Of the moods' 20 % nothing is left in the intervals: they reach as far as the processes' own 1 % lets them.
    assert statistics.median(ratio.reach for ratio in planted) < 0.015


def test_turns_that_only_one_of_two_took_do_not_count() -> None:
    measured = [[(0.011, 0.012, 0.013)], [(0.024,), (0.9,)], [(0.012,)]]
    reference = [[(0.010, 0.010, 0.010), (0.5,)], [(0.020,)], [(0.010,)]]
    estimate = estimate_ratio_in_turns(measured, reference)
    assert (estimate.low, estimate.value, estimate.high) == pytest.approx((1.2, 1.2, 1.2))
    with pytest.raises(ValueError, match="3 rounds against 1"):
        estimate_ratio_in_turns(measured, reference[:1])


def test_runs_that_only_one_of_two_had_in_a_turn_do_not_count() -> None:
    """Each run of a turn is quicker than the one before, as its caches warm up; the faster model has more of them."""
    turn = [0.0100, 0.0096, 0.0094, 0.0093, 0.0092]
    measured, reference = [[tuple(1.25 * run for run in turn[:4])]] * 3, [[tuple(turn)]] * 3
    for one, other, ratio in ((measured, reference, 1.25), (reference, measured, 0.8)):
        assert estimate_ratio_in_turns(one, other).value == pytest.approx(ratio)


def test_differences_between_two_runs_are_found_where_they_are_large() -> None:
    after, before = noisy_machine(3, 0.5, 0)
    estimate = estimate_ratio(after, before)
    assert estimate.is_real
    assert estimate.value == pytest.approx(1.5, rel=0.1)


def test_estimates_that_make_no_sense_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="expected value within its ends"):
        Estimate(1.0, 1.1, 1.2)
    with pytest.raises(ValueError, match="expected as many"):
        estimate_paired_ratio([(1.0,)], [(1.0,), (1.0,)])
    with pytest.raises(ValueError, match="expected times in each"):
        estimate_median([])


@pytest.mark.parametrize(
    ("runs", "parts"), [(1, [1]), (3, [1, 1, 1]), (12, [1] * 12), (26, [3, 3, *[2] * 10]), (240, [20] * 12)]
)
def test_runs_are_shared_out_among_the_rounds(runs: int, parts: list[int]) -> None:
    done: list[tuple[float, ...]] = []
    sizes = []
    while (size := next_round(runs, done)) is not None:
        sizes.append(size)
        done.append((0.1,) * size.runs)
    assert sizes == [RoundSize(part) for part in parts]


def test_auto_stops_when_the_median_is_sure_and_goes_on_while_it_may_become_so() -> None:
    steady = [(0.010,)] * ENOUGH_ROUNDS
    assert next_round(None, steady[:-1]).runs == AUTO_RUNS  # type: ignore[union-attr]
    assert next_round(None, steady) is None
    nearly = [(0.010 * (1 + 1.1 * SURE_REACH * (-1) ** at),) for at in range(ENOUGH_ROUNDS)]
    assert next_round(None, nearly) is not None
    assert next_round(None, (nearly * 2)[:MOST_ROUNDS]) is None
    hopeless = [(0.010 * (1 + 0.5 * (at % 2)),) for at in range(ENOUGH_ROUNDS)]
    assert next_round(None, hopeless) is None


@pytest.mark.parametrize("rounds", [1, 2])
def test_of_fewer_than_three_rounds_nothing_is_known(rounds: int) -> None:
    estimate = estimate_ratio([(2.0, 2.1)] * rounds, [(1.0, 1.1)] * rounds)
    assert (estimate.low, estimate.high) == (0, math.inf)
    assert not estimate.is_real
