"""The best classes of a list of scores."""

from __future__ import annotations

import numpy as np
import pytest

from runtime.ranking import find_best, rank_classes


@pytest.mark.parametrize("count", [1, 2, 5, 8, 9, 40, 1000])
def test_the_highest_come_first_and_of_equal_ones_the_first(count: int) -> None:
    scores = (np.random.default_rng(0).integers(0, 9, 40) / 256).astype(np.float32)
    by_hand = sorted(range(40), key=lambda index: (-scores[index], index))[:count]
    assert find_best(scores, count) == by_hand


def test_scores_are_left_as_they_are() -> None:
    scores = np.float32([0.25, 0.5, 0.25])
    found = rank_classes(scores, ("a", "b", "c"), 2)
    assert [(one.label, one.index, one.score) for one in found] == [("b", 1, 0.5), ("a", 0, 0.25)]
    assert scores.tolist() == [0.25, 0.5, 0.25]
