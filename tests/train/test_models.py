"""The table of networks, and what it says of each."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest

from runtime.card import InputSize
from runtime.errors import TrainingError, UsageError
from train.classifier import Network, build_network, build_published
from train.models import ARCHITECTURES, Architecture, Variant, find_architecture

pytestmark = pytest.mark.usefixtures("forget_networks")

LESSONS = [row for row in ARCHITECTURES if row.lesson]
every_network = pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: row.name)
every_lesson = pytest.mark.parametrize("row", LESSONS, ids=lambda row: row.name)


@cache
def _outline(row: Architecture) -> keras.Model:
    """The network of the table without values for its weights: VGG19 alone would take 575 MB."""
    with keras.StatelessScope(initialize_variables=False):
        if row.weights:
            return build_published(row, Variant(row.input, top=True))
        return build_network(row, Variant(row.input), row.classes).whole


def _build_lesson(row: Architecture, classes: int, channels: int | None = None) -> Network:
    size = InputSize(row.input.height, row.input.width, channels or row.input.channels)
    return build_network(row, Variant(size), classes)


@every_network
def test_a_network_has_exactly_the_parameters_that_the_table_says(row: Architecture) -> None:
    assert _outline(row).count_params() == row.parameters


@every_network
def test_a_network_takes_pictures_of_its_size_and_scores_its_classes(row: Architecture) -> None:
    assert _outline(row).input_shape == (None, row.input.height, row.input.width, row.input.channels)
    assert _outline(row).output_shape == (None, 1 if row.scores == "sigmoid" else row.classes)


@every_network
def test_a_network_has_no_model_inside_that_a_converter_would_trip_over(row: Architecture) -> None:
    assert not any(isinstance(layer, keras.Model) for layer in _outline(row).layers)


def test_the_table_names_each_network_once_and_gives_none_a_lesson_and_published_weights() -> None:
    assert len({row.name for row in ARCHITECTURES}) == len(ARCHITECTURES)
    assert all(row.lesson is None or row.weights is None for row in ARCHITECTURES)
    assert all((row.published is None) == (row.weights is None) for row in ARCHITECTURES)


@every_lesson
def test_a_lesson_takes_camera_values_and_gives_probabilities(row: Architecture) -> None:
    network = _build_lesson(row, classes=3, channels=3)
    pictures = np.random.default_rng(0).integers(0, 256, (2, *network.whole.input_shape[1:])).astype(np.float32)
    scores = np.asarray(network.whole(pictures))
    assert scores.shape == (2, 3) and scores.dtype == np.float32 and network.scores == "softmax"
    assert scores.min() >= 0
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)  # float32 rounding


@every_lesson
def test_a_lesson_begins_with_its_normalisation_to_one(row: Architecture) -> None:
    first = _outline(row).layers[1]
    assert isinstance(first, keras.layers.Rescaling)
    np.testing.assert_allclose(np.asarray(first(np.array([0, 255], np.float32))), [-1, 1], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "structure"),
    [
        ("mlp", "Flatten Dense256 Dense256 Dense256 Dropout0.0 Dense10"),
        ("cnn", "Conv32x3 Pool Conv32x3 Pool Flatten Dense256 Dropout0.0 Dense10"),
        ("cnn_5x5", "Conv32x5 Pool Dropout0.2 Flatten Dense128 Dropout0.0 Dense10"),
        (
            "deep_cnn",
            "Conv32x3 Conv32x3 Pool Dropout0.25 Conv64x3 Conv64x3 Pool Dropout0.25 Flatten Dense256 Dropout0.5 Dense10",
        ),
        ("cifar_small", "Conv64x3 Pool Conv32x3 Flatten Dense80 Dropout0.0 Dense10"),
        ("cifar_simple", "Conv32x3 Dropout0.2 Conv32x3 Pool Flatten Dense512 Dropout0.5 Dense10"),
        (
            "cifar_bn",
            "Conv64x3 Norm ReLU Dropout0.25 Conv64x3 Norm ReLU Pool Dropout0.25 "
            "Conv64x3 Norm ReLU Pool Dropout0.25 Flatten Dense512 Norm ReLU Dropout0.5 Dense10",
        ),
        ("cats_dogs", "Conv32x3 Pool Conv64x3 Pool Flatten Dense512 Dropout0.0 Dense1"),
    ],
)
def test_a_lesson_has_the_layers_of_its_lesson(name: str, structure: str) -> None:
    assert " ".join(map(_describe, _outline(find_architecture(name)).layers[2:])) == structure


def _describe(layer: keras.Layer) -> str:
    if isinstance(layer, keras.layers.Conv2D):
        return f"Conv{layer.filters}x{layer.kernel_size[0]}"
    if isinstance(layer, keras.layers.Dense):
        return f"Dense{layer.units}"
    if isinstance(layer, keras.layers.Dropout):
        return f"Dropout{layer.rate}"
    names = {"MaxPooling2D": "Pool", "BatchNormalization": "Norm"}
    return names.get(type(layer).__name__, type(layer).__name__)


def test_cifar_simple_keeps_the_weights_of_each_neuron_within_norm_3() -> None:
    limited = [layer for layer in _outline(find_architecture("cifar_simple")).layers if _limit(layer)]
    assert [type(layer).__name__ for layer in limited] == ["Conv2D", "Conv2D", "Dense"]
    for layer in limited:
        kernel = np.asarray(_limit(layer)(np.ones(layer.kernel.shape, np.float32)))
        norms = np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), axis=0)
        np.testing.assert_allclose(norms, 3, rtol=1e-5)  # float32 rounding; ones are longer


def _limit(layer: keras.Layer) -> keras.constraints.Constraint | None:
    return getattr(layer, "kernel_constraint", None)


def test_two_classes_of_a_sigmoid_network_are_one_probability() -> None:
    network = _build_lesson(find_architecture("cats_dogs"), classes=2)
    scores = np.asarray(network.whole(np.full((1, 128, 128, 3), 200, np.float32)))
    assert network.scores == "sigmoid" and scores.shape == (1, 1) and 0 < scores[0, 0] < 1


def test_mobilenet_can_be_narrower() -> None:
    row = find_architecture("mobilenet")
    narrow = build_network(row, Variant(row.input, alpha=0.25), classes=1000).whole
    assert narrow.count_params() == 475_544  # shared by Keras and the STM32 model zoo


def test_a_picture_too_small_for_the_pools_is_an_error_that_names_the_right_size() -> None:
    with pytest.raises(TrainingError, match=r"cannot be built for 8x8 gray .* its own size is 28x28 gray"):
        build_network(find_architecture("deep_cnn"), Variant(InputSize(8, 8, 1)), classes=10)


def test_an_unknown_model_is_an_error_that_names_those_nearest_to_it() -> None:
    with pytest.raises(UsageError, match=r"'resnet-50': there is none of that name \(is it resnet50 or "):
        find_architecture("resnet-50")
    with pytest.raises(UsageError, match=r"'\?': there is none of that name; python -m train list names all"):
        find_architecture("?")


def test_efficientnet_lite0_has_the_trainable_parameters_of_its_publication() -> None:
    trainable = _outline(find_architecture("efficientnet_lite0")).trainable_weights
    assert sum(int(np.prod(weight.shape)) for weight in trainable) == 4_652_008
