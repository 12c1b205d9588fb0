"""A network that normalises by constants of its own, as the default model does.

They are rows of pixels in the file, which kernels are quick with.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.cli import main
from runtime.backends import open_backend
from runtime.card import InputSize
from runtime.operators.cost import count_parameters
from runtime.operators.onnx import read_onnx
from runtime.operators.tflite import read_tflite
from tests.convert.conftest import Trained
from tests.convert.networks import COLOUR_LABELS, SIDE, save


@pytest.mark.parametrize(
    ("form", "recipe", "tolerance"),
    [
        # Float sums of another order.
        ("tflite", "float32", 1e-5),
        ("onnx", "float32", 1e-5),
        ("tflite", "float16", 0.002),
        ("onnx", "float16", 0.002),
        ("tflite", "int8", 0.02),
        ("onnx", "int8", 0.02),
    ],
)
def test_mean_and_variance_go_into_the_file(
    colours: Trained, tmp_path: Path, form: str, recipe: str, tolerance: float
) -> None:
    import keras

    keras.utils.set_random_seed(0)
    picture = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Normalization(mean=[120.0, 127.0, 130.0], variance=[3600.0, 4096.0, 4900.0])(picture)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3, bias_initializer="ones")(x))
    scores = keras.layers.Dense(3, activation="softmax", bias_initializer="ones")(x)
    network = keras.Model(picture, scores)
    original = save(network, tmp_path / "normalised.keras", COLOUR_LABELS, InputSize(SIDE, SIDE))

    converted = tmp_path / f"normalised.{form}"
    given = [str(original), "--recipe", recipe, "--calibrate", str(colours.data), "--golden", "none"]
    assert main([*given, "--check-images", "20", "--min-agreement", "0.5", "--out", str(converted)]) == 0

    image = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    expected = network(image[np.newaxis].astype(np.float32), training=False)[0]
    found = open_backend(converted).run(image)
    assert found == pytest.approx(np.asarray(expected), abs=tolerance)
    is_tflite = form == "tflite"
    graph = read_tflite(converted) if is_tflite else read_onnx(converted)
    sums = [operator for operator in graph.operators if operator.kind.upper() in ("SUB", "ADD", "MUL", "DIV")]
    constants = [tensor for operator in sums[:2] for tensor in operator.inputs if 1 < tensor.size <= SIDE * 3]
    assert [tensor.shape for tensor in constants] == [(1, 1, SIDE, 3)] * 2
    assert count_parameters(graph) == network.count_params() + 6
