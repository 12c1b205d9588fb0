"""Networks saved in other forms, as with networks inside: the same scores, as one list of layers in float32."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert.bias_correction import can_correct_biases, correct_biases
from convert.cam import with_cam
from convert.cli import main
from convert.keras_file import read_keras_file
from convert.network import Network, load_network
from convert.observer import Observer
from convert.plain_network import make_plain
from convert.recipes import RECIPES
from runtime.card import InputSize
from tests.convert.conftest import Trained
from tests.convert.networks import COLOUR_LABELS, save
from tests.convert.networks import SIDE as COLOURS_SIDE

SIDE = 32
SHAPE = (SIDE, SIDE, 3)


def learn_from(backbone: Any) -> Any:
    """The commonest form of a network that learnt from another one. Its own layers have the names of inner ones."""
    import keras
    from keras import layers

    picture = keras.Input(SHAPE)
    values = keras.Sequential([keras.Input(SHAPE), layers.RandomFlip(), layers.Rescaling(1 / 127.5, -1)])(picture)
    features = layers.GlobalAveragePooling2D()(layers.Conv2D(8, 1, name="conv1")(backbone(values, training=False)))
    return keras.Model(picture, layers.Dense(3, activation="softmax")(features))


def small_backbone() -> Any:
    import keras
    from keras import layers

    normalise = layers.Normalization(mean=(0.1, 0.2, 0.3), variance=(0.5, 0.6, 0.7))
    inner = keras.Sequential(
        [keras.Input(SHAPE), normalise, layers.Conv2D(3, 3, name="conv1"), layers.BatchNormalization(name="bn")]
    )
    return keras.Sequential([keras.Input(SHAPE), inner, layers.ReLU()])


@pytest.mark.parametrize("kind", ["of keras.applications", "in one another"])
def test_a_network_with_others_inside_is_loaded_as_one(tmp_path: Path, kind: str) -> None:
    import keras

    keras.utils.set_random_seed(0)
    if kind == "in one another":
        model = learn_from(small_backbone())
    else:
        model = learn_from(keras.applications.MobileNet(SHAPE, alpha=0.25, weights=None, include_top=False))
    source = read_keras_file(save(model, tmp_path / "nested.keras", COLOUR_LABELS, InputSize(SIDE, SIDE)))
    network = load_network(source)
    pictures = np.random.default_rng(1).integers(0, 256, (4, *SHAPE)).astype(np.uint8)
    assert network.scores(pictures) == pytest.approx(Network(model, source.card).scores(pictures), abs=1e-6)
    assert can_correct_biases(network)
    assert with_cam(network).weights.shape == (3, 8)
    names = [layer.name for layer in network.model.layers]
    assert "conv1" in names and "conv1_inner" in names


def test_a_sequential_is_a_list_of_layers_as_any_other_network(tmp_path: Path) -> None:
    import keras

    size = InputSize(COLOURS_SIDE, COLOURS_SIDE)
    model = keras.Sequential(
        [
            keras.Input((COLOURS_SIDE, COLOURS_SIDE, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(4, 3, name="conv1"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    source = read_keras_file(save(model, tmp_path / "sequential.keras", COLOUR_LABELS, size))
    network = load_network(source)
    assert can_correct_biases(network)
    assert [layer.name for layer in network.model.layers][1:] == [layer.name for layer in model.layers]
    pictures = np.random.default_rng(1).integers(0, 256, (4, *model.input_shape[1:])).astype(np.uint8)
    assert np.array_equal(network.scores(pictures), Network(model, source.card).scores(pictures))


def test_layers_that_only_augment_are_left_out() -> None:
    """All that Keras has change nothing once a network has learnt, but for the one that then crops to the middle."""
    import keras
    from keras import layers

    given: dict[str, tuple[Any, ...]] = {
        "RandomCrop": (8, 8),
        "RandomElasticTransform": (),
        "RandomFlip": (),
        "RandomPosterization": (4,),
        "RandomTranslation": (0.5, 0.5),
    }
    pictures = np.random.default_rng(1).integers(0, 256, (4, *SHAPE)).astype(np.float32)
    kept = []
    for kind in [name for name in dir(layers) if name.startswith("Random")]:
        picture, augmenting = keras.Input(SHAPE), getattr(layers, kind)(*given.get(kind, (0.5,)))
        model = keras.Model(picture, layers.Conv2D(2, 3)(augmenting(picture)))
        plain = make_plain(model)
        kept += [type(layer).__name__ for layer in plain.layers if type(layer) is type(augmenting)]
        assert plain.predict_on_batch(pictures) == pytest.approx(model.predict_on_batch(pictures), abs=1e-3), kind
    assert kept == ["RandomCrop"]


def test_the_bytes_of_a_picture_keep_a_level_each_where_a_layer_augments_before_they_are_scaled(
    colours: Trained,
) -> None:
    """Then an offset of -1, which lies between two bytes, is moved to one."""
    import keras
    from keras import layers

    picture = keras.Input(SHAPE)
    views = keras.Sequential([keras.Input(SHAPE), layers.RandomFlip(), layers.RandomBrightness(0.3)])(picture)
    features = layers.Conv2D(2, 3)(layers.Rescaling(1 / 127.5, -1, name="scaled")(views))
    model = make_plain(keras.Model(picture, layers.Dense(3)(layers.GlobalAveragePooling2D()(features))))
    network = Network(model, read_keras_file(colours.model).card)
    pictures = np.random.default_rng(1).integers(0, 256, (4, *SHAPE)).astype(np.uint8)
    corrected = correct_biases(network, pictures, Observer(), RECIPES["int8"]).written
    assert corrected.get_layer("scaled").offset == pytest.approx(-128 / 127.5)


@pytest.mark.parametrize("is_nested", [False, True])
def test_a_network_that_takes_bytes_is_made_integer_all_through(
    colours: Trained, tmp_path: Path, is_nested: bool
) -> None:
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    size = InputSize(COLOURS_SIDE, COLOURS_SIDE)
    given = picture = keras.Input((COLOURS_SIDE, COLOURS_SIDE, 3), dtype="uint8")
    if is_nested:
        given = keras.Sequential([keras.Input(picture.shape[1:], dtype="uint8"), layers.Rescaling(1 / 255)])(given)
    features = layers.GlobalAveragePooling2D()(layers.Conv2D(8, 3)(layers.Rescaling(1 / 255)(given)))
    model = keras.Model(picture, layers.Dense(3, activation="softmax")(features))
    path, out = save(model, tmp_path / "bytes.keras", COLOUR_LABELS, size), tmp_path / "bytes.tflite"
    few = ("--calibration-images", 20, "--check-images", 30, "--golden", "none")
    arguments = (path, "--calibrate", colours.data, "--recipe", "int8", "--out", out, *few)
    assert main([str(argument) for argument in arguments]) == 0
