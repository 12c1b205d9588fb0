"""A network that normalises by constants of its own, as the default model does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.cli import main
from runtime.backends import open_backend
from runtime.card import InputSize
from tests.convert.conftest import Trained
from tests.convert.networks import COLOUR_LABELS, SIDE, save


@pytest.mark.parametrize("form", ["tflite", "onnx"])
def test_mean_and_variance_go_into_the_file(colours: Trained, tmp_path: Path, form: str) -> None:
    import keras

    keras.utils.set_random_seed(0)
    picture = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Normalization(mean=[120.0, 127.0, 130.0], variance=[3600.0, 4096.0, 4900.0])(picture)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(x))
    network = keras.Model(picture, keras.layers.Dense(3, activation="softmax")(x))
    original = save(network, tmp_path / "normalised.keras", COLOUR_LABELS, InputSize(SIDE, SIDE))

    converted = tmp_path / f"normalised.{form}"
    given = [str(original), "--recipe", "float32", "--calibrate", str(colours.data), "--golden", "none"]
    assert main([*given, "--check-images", "20", "--out", str(converted)]) == 0

    image = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    expected = network(image[np.newaxis].astype(np.float32), training=False)[0]
    found = open_backend(converted).run(image)
    # Float sums of another order.
    assert found == pytest.approx(np.asarray(expected), abs=1e-5)
