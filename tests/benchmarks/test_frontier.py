"""The frontier, against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.frontier import find_frontier


@pytest.mark.parametrize("seed", range(20))
def test_the_frontier_is_what_no_other_point_beats(seed: int) -> None:
    # Few levels, so that there are ties in one coordinate and in both.
    points = [(float(x), float(y)) for x, y in np.random.default_rng(seed).integers(0, 6, (15, 2))]
    unbeaten = [
        number
        for number, (cost, gain) in enumerate(points)
        if not any(other != (cost, gain) and other[0] <= cost and other[1] >= gain for other in points)
    ]
    frontier = find_frontier(points)
    assert sorted(frontier) == unbeaten
    assert [points[number][0] for number in frontier] == sorted(points[number][0] for number in frontier)
