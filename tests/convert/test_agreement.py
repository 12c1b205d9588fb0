"""How agreement is counted, against arithmetic done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from convert.agreement import compare_scores

ORIGINAL = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], np.float32)
CONVERTED = np.array([[0.8, 0.2], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]], np.float32)


def test_agreement_counts_equal_first_answers_and_right_ones() -> None:
    agreement = compare_scores(ORIGINAL, CONVERTED, np.array([0, 1, 0, 0]))
    assert (agreement.count, agreement.agreeing) == (4, 3)
    assert (agreement.correct_original, agreement.correct) == (3, 2)
    assert agreement.top1 == 0.75


def test_a_pictures_difference_is_that_of_its_worst_class() -> None:
    agreement = compare_scores(ORIGINAL, CONVERTED, None)
    assert agreement.largest_difference == pytest.approx(0.2)
    assert agreement.mean_difference == pytest.approx((0.1 + 0 + 0.2 + 0) / 4)


def test_pictures_without_labels_have_agreement_but_no_accuracy() -> None:
    agreement = compare_scores(ORIGINAL, CONVERTED, None)
    assert agreement.correct is None
    assert agreement.correct_original is None


def test_two_answers_that_are_no_numbers_do_not_agree() -> None:
    lost = np.full((4, 2), np.nan, np.float32)
    agreement = compare_scores(ORIGINAL, np.vstack([lost[:2], CONVERTED[2:]]), np.array([0, 1, 0, 1]))
    assert (agreement.unanswered, agreement.agreeing, agreement.correct) == (2, 1, 1)
    assert agreement.largest_difference == np.inf
    assert [difference.number for difference in agreement.differing] == [0, 1, 2]
