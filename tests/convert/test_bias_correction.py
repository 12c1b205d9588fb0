"""What rounding adds to a channel on average is taken back by its bias."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert.bias_correction import can_correct_biases, correct_biases
from convert.cli import main
from convert.keras_file import read_keras_file
from convert.network import Network, load_network
from convert.observer import Observer
from convert.recipes import RECIPES
from runtime.card import InputSize
from runtime.card_file import read_card
from tests.convert.conftest import Trained
from tests.convert.networks import COLOURS, SIDE, save

# Of the 127 levels of a weight, next to a tap of 127: 8 taps of the first round down, of the second up.
_TAPS = (10.4, 10.6, 10.0)
_BRIGHTER = 4  # levels of 255 by which one colour is


@pytest.fixture(scope="module")
def drifting(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Names the colour with the largest mean, where rounded weights move each by about as much as they differ."""
    folder = tmp_path_factory.mktemp("drifting")
    return Trained(_save_network(folder / "drifting.keras"), _write_pictures(folder / "pictures.npz"))


def _write_pictures(path: Path) -> Path:
    generator = np.random.default_rng(0)
    targets = np.arange(400) % 3
    pictures = generator.integers(60, 160, (400, SIDE, SIDE, 3))
    pictures[np.arange(400), :, :, targets] += _BRIGHTER
    parts = {
        "x_train": pictures[:200], "y_train": targets[:200], "x_test": pictures[200:], "y_test": targets[200:],
    }  # fmt: skip
    np.savez(path, labels=np.array(COLOURS), **{name: part.astype(np.uint8) for name, part in parts.items()})
    return path


def _save_network(path: Path) -> Path:
    import keras

    picture = keras.Input((SIDE, SIDE, 3))
    taps = np.tile(np.array(_TAPS) / 127, (3, 3, 1))
    taps[1, 1] = 1
    blurred = keras.layers.DepthwiseConv2D(3, name="blur")
    scores = keras.layers.Dense(3, activation="softmax")
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(blurred(picture)))
    model = keras.Model(picture, scores(mean))
    blurred.set_weights([taps[..., np.newaxis], np.zeros(3)])
    scores.set_weights([np.diag(1 / taps.sum(axis=(0, 1))), np.zeros(3)])
    return save(model, path, COLOURS, InputSize(SIDE, SIDE))


def convert(trained: Trained, out: Path, *more: str) -> tuple[str, ...]:
    """The tools that made the file."""
    given = ["--calibrate", str(trained.data), "--calibration-images", "60", "--out", str(out), *more]
    assert main([str(trained.model), *given]) == 0
    card = read_card(out)
    assert card is not None
    return card.provenance.tools


@pytest.mark.parametrize(("form", "recipe"), [("tflite", "int8"), ("onnx", "int8"), ("tflite", "int16x8")])
def test_an_integer_file_has_corrected_biases(drifting: Trained, tmp_path: Path, form: str, recipe: str) -> None:
    """Without, it would be refused."""
    assert "biases corrected" in convert(drifting, tmp_path / f"corrected.{form}", "--recipe", recipe)


@pytest.mark.parametrize("recipe", ["float16", "dynamic"])
def test_others_have_theirs(colours: Trained, tmp_path: Path, recipe: str) -> None:
    assert "biases corrected" not in convert(colours, tmp_path / "plain.tflite", "--recipe", recipe)


@pytest.mark.parametrize(("recipe", "tolerance"), [("int8", 0.1), ("int16x8", 0.01)])
def test_the_bias_takes_back_what_the_rounded_weights_add(drifting: Trained, recipe: str, tolerance: float) -> None:
    network = load_network(read_keras_file(drifting.model))
    pictures = np.load(drifting.data)["x_train"]
    before = network.model.get_layer("blur").get_weights()
    corrected = correct_biases(network, pictures, Observer(), RECIPES[recipe])
    moved = 8 * (np.array(_TAPS) - np.round(_TAPS)) / 127 * pictures.mean(axis=(0, 1, 2))
    # The range of the result, about 270, on 255 levels: their rounding moves a mean by far less than a level. On 65535
    # it moves none, but the mean of the 32 pictures looked at is not that of all.
    assert np.allclose(corrected.written.get_layer("blur").bias, moved, atol=tolerance)
    assert all(np.array_equal(*pair) for pair in zip(before, network.model.get_layer("blur").get_weights()))
    assert np.array_equal(corrected.scores(pictures), network.scores(pictures))


def test_a_layer_that_stays_float32_has_nothing_to_take_back(drifting: Trained) -> None:
    network = load_network(read_keras_file(drifting.model))
    pictures = np.load(drifting.data)["x_train"]
    whole = replace(RECIPES["int8"], keep_float=tuple(layer.name for layer in network.model.layers))
    corrected = correct_biases(network, pictures, Observer(), whole)
    assert all(np.array_equal(*pair) for pair in zip(network.model.get_weights(), corrected.written.get_weights()))
    partly = replace(RECIPES["int8"], keep_float=("blur",))
    blurred = correct_biases(network, pictures, Observer(), partly).written.get_layer("blur")
    # What comes before it, the picture, is rounded to nothing but its own levels.
    assert np.allclose(blurred.bias, network.model.get_layer("blur").bias, atol=1e-3)


def test_a_network_that_was_adapted_to_its_pictures_stays_so(tmp_path: Path) -> None:
    import keras

    pictures = np.random.default_rng(0).integers(0, 256, (40, SIDE, SIDE, 3), np.uint8)
    picture, adapted = keras.Input((SIDE, SIDE, 3)), keras.layers.Normalization()
    adapted.adapt(pictures.astype(np.float32))
    features = keras.layers.GlobalAveragePooling2D()(adapted(picture))
    model = keras.Model(picture, keras.layers.Dense(3, activation="softmax")(features))
    network = load_network(read_keras_file(save(model, tmp_path / "adapted.keras", COLOURS, InputSize(SIDE, SIDE))))
    corrected = correct_biases(network, pictures, Observer(), RECIPES["int8"])
    # Of probabilities; a bias takes back what rounding adds to them.
    assert np.allclose(corrected.written.predict_on_batch(pictures), network.scores(pictures), atol=0.02)


def test_a_network_with_a_layer_that_augments_has_the_same_biases_each_time(drifting: Trained) -> None:
    import keras

    picture = keras.Input((SIDE, SIDE, 3))
    features = keras.layers.Conv2D(3, 3, activation="relu")(keras.layers.RandomBrightness(0.9)(picture))
    scores = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(features))
    network = _like(load_network(read_keras_file(drifting.model)), keras.Model(picture, scores))
    pictures = np.load(drifting.data)["x_train"]
    once, again = (correct_biases(network, pictures, Observer(), RECIPES["int8"]).written for _ in range(2))
    assert all(np.array_equal(*pair) for pair in zip(once.get_weights(), again.get_weights()))


@pytest.mark.parametrize("kind", ["several results", "normalised over rows", "with a LoRA"])
def test_a_network_whose_biases_cannot_be_corrected_is_converted_with_those_that_it_has(
    drifting: Trained, tmp_path: Path, kind: str
) -> None:
    import keras
    from keras import layers

    values = picture = keras.Input((SIDE, SIDE, 3))
    if kind == "several results":
        values = layers.Concatenate()(keras.ops.split(picture, 3, axis=-1))
    if kind == "normalised over rows":
        values = layers.BatchNormalization(axis=1)(layers.Conv2D(3, 3, kernel_initializer="ones")(picture))
    scores = layers.Dense(3, activation="softmax", kernel_initializer="identity")
    model = keras.Model(picture, scores(layers.GlobalAveragePooling2D()(values)))
    if kind == "with a LoRA":
        scores.enable_lora(2)
    trained = Trained(save(model, tmp_path / "odd.keras", COLOURS, InputSize(SIDE, SIDE)), drifting.data)
    assert "biases corrected" not in convert(trained, tmp_path / "odd.onnx", "--recipe", "int8", "--min-agreement", "0")


def test_a_network_in_a_network_and_a_layer_used_twice_are_left_alone(colours: Trained) -> None:
    import keras

    network = load_network(read_keras_file(colours.model))
    assert can_correct_biases(network)
    picture = keras.Input((SIDE, SIDE, 3))
    twice = keras.layers.Conv2D(3, 1)
    assert not can_correct_biases(_like(network, keras.Model(picture, network.model(picture))))
    assert not can_correct_biases(_like(network, keras.Model(picture, twice(twice(picture)))))


def _like(network: Network, model: Any) -> Network:
    return Network(model, network.card)
