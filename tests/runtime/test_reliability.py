"""The calibration error, against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from runtime.reliability import bin_answers, calibration_error


@pytest.mark.parametrize("seed", range(5))
def test_the_calibration_error_is_that_of_its_definition(seed: int) -> None:
    generator = np.random.default_rng(seed)
    levels = generator.random(300)
    right = generator.random(300) < levels**2
    expected = 0.0
    for low in np.arange(15) / 15:
        inside = (levels > low) & (levels <= low + 1 / 15)
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - levels[inside].mean())
    assert calibration_error(bin_answers(levels, right)) == pytest.approx(expected, abs=1e-12)


def test_confidences_of_nought_and_one_are_in_the_first_bin_and_the_last() -> None:
    first, last = bin_answers(np.array([0.0, 1.0, 1.0]), np.array([True, False, True]))
    assert (first.low, first.count, first.accuracy) == (0, 1, 1)
    assert (last.high, last.count, last.accuracy) == (1, 2, 0.5)
