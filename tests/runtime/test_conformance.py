"""What every backend does alike. This file runs in small environments too: numpy, Pillow and one backend."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from runtime.backends import BACKENDS
from runtime.classifier import Classifier

MODELS = Path(__file__).parent.parent / "models"
FILES = ("rgb_float32.tflite", "rgb_int8.tflite", "rgb_float32.onnx", "rgb_uint8.onnx")
COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
# exp(6) / (exp(6) + 2): softmax of the models' weights, see make_models.py
EXPECTED_SCORE = 0.995
# The steps of an 8-bit score are 1/256 = 0.004.
TOLERANCE = 0.005

PAIRS = [
    (name, file)
    for name, row in BACKENDS.items()
    for file in FILES
    if row.is_installed and file.endswith(row.suffix) and name in ("litert", "tflite-runtime", "tensorflow", "onnx")
]


def plain_picture(colour: str, height: int = 30, width: int = 40) -> np.ndarray:
    return np.broadcast_to(np.uint8(COLOURS[colour]), (height, width, 3)).copy()


def test_at_least_one_backend_is_tried() -> None:
    assert PAIRS, "no backend is installed here"


@pytest.mark.parametrize(("backend", "file"), PAIRS)
@pytest.mark.parametrize("colour", COLOURS)
def test_a_plain_picture_gets_its_colours_name(backend: str, file: str, colour: str) -> None:
    result = Classifier.load(MODELS / file, backend=backend).classify(plain_picture(colour))
    assert result.label == colour
    assert result.score == pytest.approx(EXPECTED_SCORE, abs=TOLERANCE)
    assert result.predictions[0].index == list(COLOURS).index(colour)


@pytest.mark.parametrize(("backend", "file"), PAIRS)
def test_scores_are_probabilities_best_first(backend: str, file: str) -> None:
    mixed = np.random.default_rng(7).integers(0, 256, (50, 20, 3), np.uint8)
    scores = [
        prediction.score for prediction in Classifier.load(MODELS / file, backend=backend).classify(mixed).predictions
    ]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=3 * TOLERANCE)
    assert len(scores) == 3


@pytest.mark.parametrize(("backend", "file"), PAIRS)
def test_answers_are_those_of_the_arithmetic(backend: str, file: str) -> None:
    classifier = Classifier.load(MODELS / file, backend=backend, threads=1)
    for seed in range(5):
        picture = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
        picture[:, :, seed % 3] //= 2
        powers = np.exp(picture.reshape(-1, 3).mean(axis=0) / 255 * 6)
        np.testing.assert_allclose(classifier.score(picture), powers / powers.sum(), atol=0.02)


@pytest.mark.parametrize(("backend", "file"), PAIRS)
def test_the_same_picture_gets_the_same_answer_again(backend: str, file: str) -> None:
    classifier = Classifier.load(MODELS / file, backend=backend)
    picture = np.random.default_rng(3).integers(0, 256, (100, 100, 3), np.uint8)
    first = classifier.classify(picture).predictions
    classifier.classify(plain_picture("blue"))
    assert classifier.classify(picture).predictions == first


@pytest.mark.parametrize(("backend", "file"), PAIRS)
def test_a_batch_gets_the_answers_of_its_pictures(backend: str, file: str) -> None:
    results = Classifier.load(MODELS / file, backend=backend).classify_batch(
        plain_picture(colour) for colour in COLOURS
    )
    assert [result.label for result in results] == list(COLOURS)


@pytest.mark.parametrize(("backend", "file"), PAIRS)
def test_threads_that_share_a_classifier_are_answered_about_their_own_pictures(backend: str, file: str) -> None:
    classifier = Classifier.load(MODELS / file, backend=backend, threads=1)
    colours = list(COLOURS) * 1000
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda colour: classifier.score(plain_picture(colour)[:8, :8]).argmax(), colours)
        assert [classifier.card.labels[answer] for answer in answers] == colours


@pytest.mark.parametrize(("backend", "file"), PAIRS)
def test_threads_that_share_a_classifier_have_it_fit_their_own_pictures(backend: str, file: str) -> None:
    """Large ones, which libswscale fits, and of two sizes."""
    classifier = Classifier.load(MODELS / file, backend=backend, threads=1)
    pictures = [(colour, plain_picture(colour, height, 640)) for colour in COLOURS for height in (480, 500)] * 20
    with ThreadPoolExecutor(4) as pool:
        labels = pool.map(lambda one: classifier.classify(one[1]).label, pictures)
        assert list(labels) == [colour for colour, _ in pictures]
