"""What is said of a check that proves little."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.cautions import find_cautions
from convert.cli import main
from convert.pictures import FittedPictures
from tests.convert.conftest import Trained

LABELS = ("bars", "rows", "rings")


def check_of(targets: list[int] | None, count: int = 60) -> FittedPictures:
    return FittedPictures(
        "d", "test", np.zeros((count, 2, 2, 3), np.uint8), None if targets is None else np.resize(targets, count)
    )


def scores_of(named: list[int], count: int = 60) -> np.ndarray:
    scores: np.ndarray = np.eye(3, dtype=np.float32)[np.resize(named, count)]
    return scores


def test_enough_pictures_of_all_classes_need_no_caution() -> None:
    answers = scores_of([0, 1, 2])
    assert find_cautions(check_of([0, 1, 2]), answers, LABELS) == find_cautions(check_of(None), answers, LABELS) == ()


def test_few_pictures_and_missing_classes_are_told() -> None:
    few, missing = find_cautions(check_of([1], count=3), scores_of([0, 1], 3), LABELS)
    assert few.startswith("3 pictures prove little")
    assert missing == "no picture of 2 of the 3 classes (bars, rings): give data of all"


def test_classes_that_must_be_missing_are_not_counted() -> None:
    (only,) = find_cautions(check_of([1], count=2), scores_of([0, 1], 2), LABELS)
    assert "prove little" in only


def test_an_original_that_names_one_class_on_all_pictures_is_told() -> None:
    (only,) = find_cautions(check_of([0, 1, 2]), scores_of([1]), LABELS)
    assert only.startswith("the original itself names rows on all 60 pictures, so agreeing is easy")


def test_an_original_that_is_right_as_often_as_guessing_is_told() -> None:
    (only,) = find_cautions(check_of([0, 1, 2]), scores_of([1, 2, 0]), LABELS)
    assert only.startswith("the original itself is right on 0.0%, as guessing may be")
    half_right = scores_of([0, 1, 2, 1, 2, 0])
    assert find_cautions(check_of([0, 1, 2]), half_right, LABELS) == ()


@pytest.mark.parametrize("recipes", ["float32", "float32,float16"])
def test_the_command_tells_it_beside_what_it_measured(
    colours: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str], recipes: str
) -> None:
    given = [colours.model, "--to", "tflite", "--recipe", recipes, "--calibrate", colours.data, "--out", tmp_path]
    assert main([str(argument) for argument in (*given, "--check-images", 9)]) == 0
    (told,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("caution")]
    assert "9 pictures prove little" in told
