"""A network of two classes with one output: the second one's probability."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convert.cli import main
from runtime.card import InputSize
from runtime.card_file import embed_card, read_card
from runtime.classifier import Classifier
from runtime.tflite_metadata import read_metadata
from tests.convert.networks import save

SIDE = 16


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """The folder of its int8 files, converted with a check on labelled pictures, and 40 dark or bright pictures."""
    import keras

    folder = tmp_path_factory.mktemp("sigmoid")
    picture = keras.Input((SIDE, SIDE, 3))
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 127.5, offset=-1)(picture))
    bright = keras.layers.Dense(1, activation="sigmoid", kernel_initializer="ones")(mean)
    model = save(keras.Model(picture, bright), folder / "bright.keras", ("dark", "bright"), InputSize(SIDE, SIDE))
    card = read_card(model)
    assert card is not None
    embed_card(model, replace(card, scores="sigmoid"))

    targets = np.arange(40) % 2
    pictures = np.random.default_rng(0).integers(0, 100, (40, SIDE, SIDE, 3)).astype(np.uint8)
    pictures[targets == 1] += 150
    labels = np.array(["dark", "bright"])
    np.savez(folder / "data.npz", x_train=pictures, y_train=targets, x_test=pictures, y_test=targets, labels=labels)
    data = str(folder / "data.npz")
    assert main([str(model), "--to", "tflite,onnx", "--out", str(folder), "--calibrate", data, "--golden", data]) == 0
    return folder, pictures


@pytest.mark.parametrize("form", ["tflite", "onnx"])
def test_its_files_tell_both_classes_apart(converted: tuple[Path, np.ndarray], form: str) -> None:
    folder, pictures = converted
    classifier = Classifier.load(folder / f"bright_int8.{form}")
    assert [classifier.classify(picture).label for picture in pictures[:4]] == ["dark", "bright"] * 2
    assert classifier.score(pictures[0]).sum() == pytest.approx(1)
    measured = classifier.card.measured
    assert measured is not None and (measured.top1_float, measured.top1) == (1, 1)
    assert {sample.label for sample in classifier.card.golden} == {"dark", "bright"}


def test_its_one_score_has_no_label_in_the_tflite_metadata_but_is_told_in_words(
    converted: tuple[Path, np.ndarray],
) -> None:
    """MediaPipe refuses a file with two labels for one score."""
    folder, _ = converted
    path = folder / "bright_int8.tflite"
    metadata = read_metadata(path)
    assert metadata is not None
    assert (metadata.labels, metadata.std) == ((), (1.0,))
    assert b"the probability of bright; the rest is that of dark" in path.read_bytes()


def test_mediapipe_takes_it(converted: tuple[Path, np.ndarray]) -> None:
    mediapipe = pytest.importorskip(
        "mediapipe", reason="no MediaPipe: tests/install_parts.sh peers", exc_type=ImportError
    )
    from mediapipe.tasks.python import BaseOptions, vision

    folder, pictures = converted
    path = folder / "bright_int8.tflite"
    options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=str(path)))
    ours = Classifier.load(path)
    with vision.ImageClassifier.create_from_options(options) as theirs:
        for picture in pictures[:4]:
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
            (only,) = theirs.classify(image).classifications[0].categories
            assert only.score == pytest.approx(ours.score(picture)[1], abs=1 / 128)
