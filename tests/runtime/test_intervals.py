"""The interval of a share, against scipy and the definition itself."""

from __future__ import annotations

import pytest

from runtime.intervals import wilson_interval


@pytest.mark.parametrize(("correct", "total"), [(0, 1), (1, 1), (0, 24), (24, 24), (3, 7), (436, 500), (9_876, 10_000)])
def test_the_interval_is_scipys_wilson_interval(correct: int, total: int) -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed: make install")
    expected = stats.binomtest(correct, total).proportion_ci(0.95, method="wilson")
    # scipy and the constant here give the normal quantile to 16 digits.
    assert wilson_interval(correct, total) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("truth", "total"), [(0.5, 50), (0.865, 500), (0.9, 200), (0.98, 1000)])
def test_the_interval_holds_the_truth_19_times_in_20(truth: float, total: int) -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed: make install")
    counts = [k for k in range(total + 1) if wilson_interval(k, total)[0] <= truth <= wilson_interval(k, total)[1]]
    # Counts are whole, so that no interval can hold it in exactly 95 % of all cases.
    assert stats.binom.pmf(counts, total, truth).sum() == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(("correct", "total"), [(1, 0), (-1, 5), (6, 5), (0, 0)])
def test_counts_that_cannot_be_have_no_interval(correct: int, total: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        wilson_interval(correct, total)
