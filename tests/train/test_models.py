"""Every network of the table, built as `python -m train` builds it."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from runtime.card import InputSize
from runtime.errors import TrainingError, UsageError
from train.classifier import build_network
from train.models import ARCHITECTURES, Architecture, Variant, find_architecture

every_network = pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda row: row.name)


def _build(architecture: Architecture, classes: int, channels: int | None = None) -> keras.Model:
    size = InputSize(architecture.input.height, architecture.input.width, channels or architecture.input.channels)
    return build_network(architecture, Variant(size), classes).whole


@every_network
def test_a_network_has_exactly_the_parameters_that_the_table_says(architecture: Architecture) -> None:
    assert _build(architecture, architecture.classes).count_params() == architecture.parameters


@every_network
def test_a_network_takes_camera_values_and_gives_probabilities(architecture: Architecture) -> None:
    network = _build(architecture, classes=3, channels=3)
    pictures = np.random.default_rng(0).integers(0, 256, (2, *network.input_shape[1:])).astype(np.float32)
    scores = np.asarray(network(pictures))
    assert scores.shape == (2, 3) and scores.dtype == np.float32
    assert scores.min() >= 0
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)  # float32 rounding


@every_network
def test_a_network_normalises_inside_itself_to_about_one(architecture: Architecture) -> None:
    network = _build(architecture, classes=3)
    first = network.layers[1]
    assert isinstance(first, (keras.layers.Rescaling, keras.layers.Normalization))
    for level, expected in ((0, -1), (255, 1)):
        picture = np.full((1, 2, 2, architecture.input.channels), level, np.float32)
        # EfficientNet-Lite0 takes (x - 127) / 128.
        np.testing.assert_allclose(np.asarray(first(picture)), expected, atol=0.01)


@every_network
def test_a_network_has_no_model_inside_that_a_converter_would_trip_over(architecture: Architecture) -> None:
    assert not any(isinstance(layer, keras.Model) for layer in _build(architecture, classes=3).layers)


def test_mobilenet_can_be_narrower() -> None:
    row = find_architecture("mobilenet")
    narrow = build_network(row, Variant(row.input, alpha=0.25), classes=1000).whole
    assert narrow.count_params() == 475_544  # shared by Keras and the STM32 model zoo


def test_a_picture_too_small_for_the_pools_is_an_error_that_names_the_right_size() -> None:
    with pytest.raises(TrainingError, match=r"cannot be built for 8x8 gray .* its own size is 28x28 gray"):
        build_network(find_architecture("deep_cnn"), Variant(InputSize(8, 8, 1)), classes=10)


def test_an_unknown_model_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="'resnet': expected one of mlp, cnn, deep_cnn"):
        find_architecture("resnet")


def test_efficientnet_lite0_has_the_trainable_parameters_of_its_publication() -> None:
    trainable = _build(find_architecture("efficientnet_lite0"), classes=1000).trainable_weights
    assert sum(int(np.prod(weight.shape)) for weight in trainable) == 4_652_008
