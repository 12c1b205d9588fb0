"""Grouped convolutions, as in ConvNeXt: Keras computes them in functions of their own."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from convert.cli import main
from runtime.card import InputSize
from tests.convert.conftest import Trained
from tests.convert.networks import COLOUR_LABELS, SIDE, save


@pytest.mark.parametrize(("recipe", "stored"), [("float32", "FLOAT"), ("int8", "INT8")])
def test_onnx_has_a_grouped_convolution_as_one_operator(
    colours: Trained, tmp_path: Path, recipe: str, stored: str
) -> None:
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    picture = keras.Input((SIDE, SIDE, 3))
    values = layers.Conv2D(8, 3)(layers.Rescaling(1 / 255)(picture))
    values = layers.Conv2D(8, 3, groups=4, name="grouped")(layers.Conv2D(8, 3, groups=8, padding="same")(values))
    scores = layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(values))
    model = save(keras.Model(picture, scores), tmp_path / "grouped.keras", COLOUR_LABELS, InputSize(SIDE, SIDE))
    out = tmp_path / "grouped.onnx"
    few = ("--calibration-images", 20, "--check-images", 30, "--golden", "none")
    given = (model, "--calibrate", colours.data, "--recipe", recipe, "--out", out, *few)
    assert main([str(argument) for argument in given]) == 0
    graph = onnx.load(out).graph
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    groups = [entry.i for node in convolutions for entry in node.attribute if entry.name == "group"]
    assert sorted(groups)[-2:] == [4, 8]
    assert getattr(onnx.TensorProto, stored) in {weight.data_type for weight in graph.initializer}
