"""The self-test: the golden samples of a model's card on this device."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.classifier import Classifier
from runtime.selftest import SCORE_TOLERANCE, answer_golden
from tests.conftest import Run
from tests.runtime.variants import BLUE, GREEN, RED, SCORE, copy_with_card, make_golden

GOLDEN = (make_golden(RED, "red"), make_golden(GREEN, "green"), make_golden(BLUE, "blue"))


@pytest.fixture
def right(models: Path, tmp_path: Path) -> Path:
    return copy_with_card(models / "rgb_int8.tflite", tmp_path / "right.tflite", golden=GOLDEN)


@pytest.fixture
def wrong(models: Path, tmp_path: Path) -> Path:
    """It is said to have taken blue for green."""
    golden = (*GOLDEN[:2], make_golden(BLUE, "green"))
    return copy_with_card(models / "rgb_int8.tflite", tmp_path / "wrong.tflite", golden=golden)


def test_the_default_model_answers_right_here(run: Run) -> None:
    done = run("runtime", "selftest")
    assert done.returncode == 0, done.stderr
    assert "3 of 3 golden samples right (scores within 0.05)" in done.stdout


def test_a_wrong_answer_is_shown_and_fails(run: Run, right: Path, wrong: Path) -> None:
    done = run("runtime", "selftest", right, wrong)
    assert done.returncode == 1
    assert "3 of 3 golden samples right" in done.stdout
    assert "2 of 3 golden samples right" in done.stdout
    assert "WRONG: blue 0.996, expected green 0.996" in done.stdout


def test_as_json_each_model_is_an_object_with_every_answer(run: Run, right: Path, wrong: Path) -> None:
    done = run("runtime", "selftest", right, wrong, "--json")
    good, bad = map(json.loads, done.stdout.splitlines())
    assert (good["is_right"], bad["is_right"]) == (True, False)
    assert [answer["is_right"] for answer in bad["answers"]] == [True, True, False]
    assert [answer["label"] for answer in bad["answers"]] == ["red", "green", "blue"]


@pytest.mark.parametrize(("off", "is_right"), [(0.8, True), (1.2, False)])
def test_a_score_may_be_off_by_the_tolerance(models: Path, tmp_path: Path, off: float, is_right: bool) -> None:
    golden = (make_golden(RED, "red", SCORE - off * SCORE_TOLERANCE),)
    model = copy_with_card(models / "rgb_float32.onnx", tmp_path / "off.onnx", golden=golden)
    (answer,) = answer_golden(Classifier.load(model))
    assert answer.label == "red"
    assert answer.is_right is is_right


def test_a_model_without_golden_samples_cannot_be_tested(run: Run, models: Path) -> None:
    for arguments in (["selftest"], ["classify", "--camera", "test", "--selftest", "--model"]):
        done = run("runtime", *arguments, models / "rgb_int8.tflite")
        assert done.returncode == 1
        assert "no golden samples" in done.stderr
        assert "--golden" in done.stderr
        assert done.stderr.count("\n") == 1


def test_classify_tests_before_it_looks_for_the_source(run: Run, right: Path, wrong: Path) -> None:
    done = run("runtime", "classify", "no_such.jpg", "--selftest", "--model", wrong)
    assert done.returncode == 1
    assert "1 of 3 golden samples are answered wrong by" in done.stderr
    assert "no_such.jpg" not in done.stderr
    done = run("runtime", "classify", "--camera", "test", "--max-frames", 2, "--selftest", "--model", right)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"predictions"') == 2


def test_other_names_for_the_labels_are_the_golden_samples_names_too(right: Path) -> None:
    classifier = Classifier.load(right, labels=("rouge", "vert", "bleu"))
    assert [answer.is_right for answer in answer_golden(classifier)] == [True] * 3
