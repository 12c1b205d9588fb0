"""Accuracy, agreement and calibration from answers whose figures are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.answers import Answers, Share
from tests.benchmarks.figures import make_answers


def test_top_1_and_top_k_count_the_places_before_the_right_class() -> None:
    answers = replace(make_answers("a", 10, 10), ranks=(0, 0, 1, 4, 5, 0, 2, 9, 0, 4))
    assert answers.top(1) == Share(4, 10)
    assert answers.top(5) == Share(8, 10)
    assert answers.top1_of_class(0) == Share(2, 5)
    assert answers.top1_of_class(1) == Share(2, 5)
    assert answers.top1_of_class(7) is None


def test_agreement_is_of_the_pictures_that_both_saw() -> None:
    one, other = make_answers("a", 190), make_answers("b", 180)
    assert one.agreement(other) == Share(190, 200)
    part = replace(other, pictures=tuple(range(100, 300)))
    assert part.agreement(one) == Share(sum(p == q for p, q in zip(part.predicted[:100], one.predicted[100:])), 100)
    assert one.agreement(replace(other, split="train")) is None


def test_the_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    # All say 0.9; 190 of 200 are right.
    assert make_answers("a", 190).calibration_error == pytest.approx(0.05)


def test_answers_of_different_lengths_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="expected as many of each"):
        Answers("m", "litert", "", "flowers", "test", (0, 1), (0,), (0,), (0,), (0.5,))
