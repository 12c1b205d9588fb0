"""`runtime.classify`: the whole runtime in one call."""

from __future__ import annotations

import json
import threading
from itertools import islice
from pathlib import Path

import pytest
from PIL import Image

import runtime
from examples.clips import write_clip
from tests.conftest import Run
from tests.runtime.variants import BLUE, GREEN, RED, paint


@pytest.fixture
def model(models: Path) -> Path:
    return models / "rgb_int8.tflite"


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    """A folder: 1.png is green, 2.png blue, 10.png red."""
    folder = tmp_path / "colours"
    folder.mkdir()
    for name, colour in (("1", GREEN), ("2", BLUE), ("10", RED)):
        Image.fromarray(paint(colour, 64)).save(folder / f"{name}.png")
    return folder


def capture_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("capture")]


def test_a_camera_gives_results_until_they_are_closed_which_lets_go_of_it(model: Path) -> None:
    results = runtime.classify("test", model=model)
    assert capture_threads() == []
    taken = list(islice(results, 3))
    assert capture_threads() == ["capture test"]
    results.close()
    assert capture_threads() == []
    indexes = [result.frame.index for result in taken]
    assert indexes == sorted(set(indexes))
    assert all(result.label in ("red", "green", "blue") and 0 < result.score <= 1 for result in taken)


def test_a_folder_is_classified_as_the_command_does(run: Run, model: Path, colours: Path) -> None:
    results = list(runtime.classify(colours, model=model))
    assert [result.label for result in results] == ["green", "blue", "red"]
    told = [json.loads(line) for line in run("runtime", "classify", colours, "--model", model).stdout.splitlines()]
    assert [line["source"] for line in told] == [result.frame.source for result in results]
    assert [line["predictions"][0]["score"] for line in told] == [round(result.score, 6) for result in results]


def test_a_single_picture_and_a_video_are_sources_too(model: Path, colours: Path, tmp_path: Path) -> None:
    assert [result.label for result in runtime.classify(colours / "10.png", model=model, top=1)] == ["red"]
    clip = write_clip(tmp_path / "blue.mp4", [paint(BLUE, 64)] * 3)
    assert [result.label for result in runtime.classify(str(clip), model=model)] == ["blue"] * 3


def test_without_a_model_it_is_the_one_that_comes_along(photos: Path) -> None:
    (result,) = runtime.classify(photos / "coffee.jpg")
    assert result.label == "espresso"
    assert len(result.predictions) == 5


def test_a_classifier_loaded_by_hand_takes_the_pictures_one_after_the_other(model: Path, colours: Path) -> None:
    classifier = runtime.Classifier.load(model, labels=("rouge", "vert", "bleu"))
    assert [result.label for result in runtime.classify(colours, model=classifier)] == ["vert", "bleu", "rouge"]


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_bad_picture_raises_unless_somebody_is_told_of_it(model: Path, colours: Path, by_hand: bool) -> None:
    (colours / "5.png").write_text("no picture")
    chosen = runtime.Classifier.load(model) if by_hand else model
    with pytest.raises(runtime.EdgeframeError, match=r"5\.png: is no picture"):
        list(runtime.classify(colours, model=chosen))
    told: list[Exception] = []
    assert len(list(runtime.classify(colours, model=chosen, on_error=told.append))) == 3
    assert len(told) == 1


@pytest.mark.parametrize(("source", "file"), [("no_such_picture.jpg", "rgb_int8.tflite"), ("test", "no.tflite")])
def test_what_can_only_be_wrong_raises_at_once(models: Path, source: str, file: str) -> None:
    with pytest.raises(runtime.EdgeframeError, match="no such file"):
        runtime.classify(source, model=models / file)
