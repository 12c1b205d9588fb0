"""Grouped convolutions, as in ConvNeXt: Keras computes them in functions of their own."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from tests.convert.conftest import Trained
from tests.convert.networks import SIDE, convert_to_onnx


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
    graph = convert_to_onnx(keras.Model(picture, scores), recipe, colours.data, tmp_path)
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    groups = [entry.i for node in convolutions for entry in node.attribute if entry.name == "group"]
    assert sorted(groups)[-2:] == [4, 8]
    assert getattr(onnx.TensorProto, stored) in {weight.data_type for weight in graph.initializer}
