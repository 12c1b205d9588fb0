"""What is rounded to integers keeps as many levels as there are for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert.bias_correction import correct_biases
from convert.cli import main
from convert.keras_file import read_keras_file
from convert.network import load_network
from convert.observer import Observer
from convert.recipes import RECIPES
from convert.tflite_file import read_graph
from runtime.card import InputSize
from runtime.dataset import open_dataset
from tests.convert.conftest import Trained
from tests.convert.networks import COLOUR_LABELS, SIDE, save


def test_a_sum_does_not_widen_the_range_of_what_it_adds(colours: Trained, tmp_path: Path) -> None:
    """The sum is written over one of the two, in TFLite's memory; see convert/tflite_ranges.py."""
    import keras

    keras.utils.set_random_seed(0)
    picture = keras.Input((SIDE, SIDE, 3))
    wide = keras.layers.Conv2D(4, 3, padding="same", name="wide")(picture)
    narrow = keras.layers.Conv2D(4, 3, padding="same", name="narrow")(keras.layers.Rescaling(0.01)(wide))
    together = keras.layers.Add()([narrow, wide])
    pooled = keras.layers.GlobalAveragePooling2D()(together)
    model = keras.Model(picture, keras.layers.Dense(3, activation="softmax")(pooled))
    saved = save(model, tmp_path / "sum.keras", COLOUR_LABELS, InputSize(SIDE, SIDE))
    out = tmp_path / "sum_int8.tflite"
    given = (saved, "--recipe", "int8", "--calibrate", colours.data, "--calibration-images", 400, "--out", out)
    assert main([*map(str, given), "--min-agreement", "0", "--golden", "none"]) == 0

    pictures = np.stack(
        [picture for _, picture in open_dataset(str(colours.data), "train").pictures(lambda error: None)]
    )
    layers = {layer.result.name: layer.result for layer in read_graph(out.read_bytes()).layers}
    for name in ("narrow", "wide"):
        values = np.asarray(keras.Model(picture, model.get_layer(name).output)(pictures.astype(np.float32)))
        (result,) = [tensor for tensor_name, tensor in layers.items() if f"/{name}" in tensor_name]
        # Two corners of one picture are made black and white, which moves the range a little.
        assert result.scale == pytest.approx((values.max() - values.min()) / 255, rel=0.05), name


def _normalised(layer_by_layer: Any) -> Any:
    """-1..1, as most networks of keras.applications take pictures; only a convolution without a bias reads it."""
    import keras

    picture = keras.Input((SIDE, SIDE, 3))
    values = keras.layers.Rescaling(1 / 127.5, -1, name="normalise")(picture)
    for layer in layer_by_layer:
        values = layer(values)
    pooled = keras.layers.GlobalAveragePooling2D()(values)
    return keras.Model(picture, keras.layers.Dense(3, activation="softmax")(pooled))


def test_each_byte_of_a_picture_keeps_a_level_of_its_own(colours: Trained, tmp_path: Path) -> None:
    import keras

    keras.utils.set_random_seed(0)
    model = _normalised(
        [
            keras.layers.ZeroPadding2D(1),
            keras.layers.Conv2D(8, 3, use_bias=False),
            keras.layers.BatchNormalization(name="taking"),
        ]
    )
    saved = save(model, tmp_path / "bytes.keras", COLOUR_LABELS, InputSize(SIDE, SIDE))
    network = load_network(read_keras_file(saved))
    pictures = np.random.default_rng(0).integers(0, 256, (40, SIDE, SIDE, 3), np.uint8)
    corrected = correct_biases(network, pictures, Observer(), RECIPES["int8"])
    rescaling = corrected.written.get_layer("normalise")
    levels = (np.arange(256) * rescaling.scale + rescaling.offset) * 127.5
    assert np.allclose(levels, np.arange(-128, 128), atol=1e-4)
    # Half a level less for each value; the bias takes it back, but for what rounding the weights moved.
    moved = np.asarray(corrected.written.get_layer("taking").beta)
    kernel = np.asarray(model.layers[3].kernel)
    scale = np.asarray(model.get_layer("taking").gamma) / np.sqrt(1 + model.get_layer("taking").epsilon)
    assert np.corrcoef(moved, kernel.sum(axis=(0, 1, 2)) * scale)[0, 1] > 0.9
    assert np.abs(corrected.written.predict_on_batch(pictures) - network.scores(pictures)).max() < 0.01


def test_zero_stays_between_two_bytes_where_no_bias_would_take_it_back(tmp_path: Path) -> None:
    import keras

    model = _normalised([keras.layers.Conv2D(8, 3, use_bias=False)])
    network = load_network(read_keras_file(save(model, tmp_path / "bare.keras", COLOUR_LABELS, InputSize(SIDE, SIDE))))
    pictures = np.random.default_rng(0).integers(0, 256, (40, SIDE, SIDE, 3), np.uint8)
    corrected = correct_biases(network, pictures, Observer(), RECIPES["int8"])
    assert corrected.written.get_layer("normalise").offset == -1
