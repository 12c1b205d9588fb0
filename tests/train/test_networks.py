"""Networks, small and with random weights: each learns, and its file gives the same scores.

Not among them are those that take 5 to 50 seconds each: NASNet, DenseNet, ResNet, ResNetV2, EfficientNetV2, Xception
and the Inceptions; tests/train/test_models.py builds them all the same.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from runtime.card import InputSize
from train.classifier import build_network
from train.models import Variant, find_architecture

pytestmark = pytest.mark.usefixtures("forget_networks")

# Each with the smallest pictures that it takes; narrow where it can be.
NETWORKS = [
    ("mlp", 28, 1.0),
    ("cnn_5x5", 28, 1.0),
    ("deep_cnn", 28, 1.0),
    ("cifar_small", 32, 1.0),
    ("cifar_simple", 32, 1.0),
    ("cifar_bn", 32, 1.0),
    ("resnet8", 32, 1.0),
    ("cats_dogs", 32, 1.0),
    ("efficientnet_lite0", 32, 1.0),
    ("mobilenet", 32, 0.25),
    ("mobilenet_v2", 32, 0.35),
    ("mobilenet_v3_small", 32, 0.75),
    ("efficientnet_b0", 32, 1.0),
    ("vgg16", 32, 1.0),
]


@pytest.mark.parametrize(("name", "side", "alpha"), NETWORKS, ids=[name for name, *_ in NETWORKS])
def test_a_network_learns_from_a_step_and_its_file_gives_the_same_scores(
    name: str, side: int, alpha: float, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(0)
    row = find_architecture(name)
    size = InputSize(side, side, row.input.channels)
    network = build_network(row, Variant(size, alpha), classes=2).whole
    pictures = np.random.default_rng(0).integers(0, 256, (4, side, side, size.channels)).astype(np.float32)
    before = network.get_weights()
    network.compile(keras.optimizers.SGD(1e-4), "binary_crossentropy", run_eagerly=True)  # a graph takes seconds
    network.train_on_batch(pictures, np.eye(2)[[0, 1, 0, 1], : network.output_shape[1]])
    changed = [not np.array_equal(was, now) for was, now in zip(before, network.get_weights())]
    assert changed[-1] and sum(changed) > len(changed) / 2  # the classifier's bias, and most of what is before it

    path = tmp_path / "network.keras"
    network.save(path)
    # float32 rounding: the loaded graph may add in another order.
    np.testing.assert_allclose(
        np.asarray(keras.models.load_model(path)(pictures)), np.asarray(network(pictures)), atol=1e-5
    )
