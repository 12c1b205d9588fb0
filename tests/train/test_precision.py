"""Learning in half precision, as on a GPU: slow on a CPU, but the same arithmetic."""

from __future__ import annotations

import io

import keras
import numpy as np

from train.checkpoint import State
from train.classifier import build_network
from train.fitting import PhaseFitting
from train.models import Variant, find_architecture
from train.precision import set_precision
from train.progress import Progress
from train.reading import Examples
from train.settings import Phase, Settings


def test_a_network_answers_nearly_the_same_in_half_precision_and_exactly_the_same_after_it() -> None:
    keras.utils.set_random_seed(0)
    row = find_architecture("resnet8")
    network = build_network(row, Variant(row.input), classes=3)
    pictures = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype(np.float32)
    before = np.asarray(network.whole(pictures))
    set_precision(network.backbone, "mixed_float16")
    half = network.whole(pictures)
    assert keras.backend.standardize_dtype(network.backbone(pictures).dtype) == "float16"
    assert keras.backend.standardize_dtype(half.dtype) == "float32"
    np.testing.assert_allclose(np.asarray(half), before, atol=0.01)  # float16 has 11 bits
    set_precision(network.backbone, "float32")
    np.testing.assert_array_equal(np.asarray(network.whole(pictures)), before)


def test_gradients_too_small_for_half_precision_are_learnt_from() -> None:
    """Through a classifier of weights of 1e-5 a picture of 256 sends back 2e-8: half of float16's least."""
    keras.utils.set_random_seed(0)
    picture = keras.Input((4, 4, 1))
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(picture))
    features = keras.layers.Dense(8, name="features")(flat)
    tiny = keras.initializers.RandomNormal(stddev=1e-5)
    scores = keras.layers.Dense(2, activation="softmax", kernel_initializer=tiny)(features)
    model = keras.Model(picture, scores)
    set_precision(keras.Model(picture, features), "mixed_float16")
    before = model.get_layer("features").get_weights()[0]
    targets = np.arange(256) % 2
    values = np.random.default_rng(0).integers(0, 256, (256, 4, 4, 1)).astype(np.uint8)
    examples = Examples(values, targets, np.arange(256))
    settings = Settings(epochs=1, batch=256, rate=0.01, optimizer="adam", schedule="constant")
    fitting = PhaseFitting(model, Phase("all", settings), (examples, examples), seed=0)
    state = fitting.run(State(), lambda _: None, Progress(io.StringIO(), io.StringIO()))
    assert state.epochs[0].rate == np.float32(0.01)
    # Adam's first step is `rate` long for every gradient that is far above its epsilon, and none for 0.
    assert np.mean(before != model.get_layer("features").get_weights()[0]) > 0.9
