"""The contract of the input: a network takes a picture's 0..255, whatever its family's weights want.

The oracle is Keras' own pair of `preprocess_input` and model, with equal random weights.
"""

from __future__ import annotations

from types import ModuleType

import keras
import numpy as np
import pytest
from skimage import data as skimage_data

from runtime.card import Fit, InputSize
from runtime.image import fit_image
from train.classifier import build_network
from train.models import Variant, find_architecture
from train.networks.applications import use_rgb

pytestmark = pytest.mark.usefixtures("forget_networks")

SIDE = 64
KERAS = keras.applications


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """A picture with more red than blue: (1, 64, 64, 3), float32, 0..255."""
    return fit_image(skimage_data.coffee(), InputSize(SIDE, SIDE), Fit("crop"))[np.newaxis].astype(np.float32)


@pytest.mark.parametrize(
    ("name", "module", "reference", "is_bgr"),
    [
        ("mobilenet", KERAS.mobilenet, KERAS.MobileNet, False),  # -1..1
        ("densenet121", KERAS.densenet, KERAS.DenseNet121, False),  # mean 0, deviation 1
        ("vgg16", KERAS.vgg16, KERAS.VGG16, True),  # blue, green, red; mean 0
        ("mobilenet_v3_small", KERAS.mobilenet_v3, KERAS.MobileNetV3Small, False),  # the model's own layers
        ("efficientnet_b0", KERAS.efficientnet, KERAS.EfficientNetB0, False),
    ],
)
def test_raw_values_give_what_keras_gives_for_its_own_preprocessing(
    photo: np.ndarray, name: str, module: ModuleType, reference: type, is_bgr: bool
) -> None:
    keras.utils.set_random_seed(0)
    theirs = reference(weights=None, include_top=False, pooling="avg", input_shape=(SIDE, SIDE, 3))
    ours = build_network(find_architecture(name), Variant(InputSize(SIDE, SIDE)), classes=2).backbone
    ours.set_weights(theirs.get_weights())
    if is_bgr:
        use_rgb(ours)
    expected = np.asarray(theirs(module.preprocess_input(photo.copy())))
    # Float32 rounding, through up to 120 layers; red and blue swapped, or 1/255 for 1/127.5, is off by some percent.
    np.testing.assert_allclose(np.asarray(ours(photo)), expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def test_reversing_the_first_kernel_is_reversing_the_picture(photo: np.ndarray) -> None:
    network = build_network(find_architecture("vgg16"), Variant(InputSize(SIDE, SIDE)), classes=2).backbone
    first = next(layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D))
    expected = np.asarray(first(photo))
    use_rgb(network)
    np.testing.assert_allclose(np.asarray(first(photo[..., ::-1])), expected, rtol=1e-4, atol=1e-2)  # of up to 255
    assert not np.allclose(np.asarray(first(photo)), expected, atol=1)
