"""What tf2onnx reshapes to and fro is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx import TensorProto, helper

from convert.onnx_reshapes import drop_reshapes
from tests.convert.conftest import Trained
from tests.convert.networks import SIDE, convert_to_onnx


@pytest.mark.parametrize("recipe", ["float32", "int8"])
def test_squeeze_and_excite_reshapes_nothing(colours: Trained, tmp_path: Path, recipe: str) -> None:
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    picture = keras.Input((SIDE, SIDE, 3))
    values = layers.Conv2D(16, 3, activation="relu")(layers.Rescaling(1 / 255)(picture))
    excited = layers.Reshape((1, 1, 16))(layers.GlobalAveragePooling2D()(values))
    excited = layers.Conv2D(4, 1, activation="relu")(excited)
    excited = layers.Conv2D(16, 1, activation="sigmoid")(excited)
    scores = layers.GlobalAveragePooling2D()(layers.Multiply()([values, excited]))
    scores = layers.Dense(3, activation="softmax")(scores)
    graph = convert_to_onnx(keras.Model(picture, scores), recipe, colours.data, tmp_path)
    shaping = [node.op_type for node in graph.node if node.op_type in ("Reshape", "Squeeze", "Unsqueeze")]
    assert shaping == ["Squeeze"], "the one before the dense layer"
    taken = {name for node in graph.node for name in node.input}
    assert {weight.name for weight in graph.initializer} <= taken


def test_only_what_has_the_same_shape_again_is_left_out() -> None:
    """A value that is open twice may be reshaped to another one that is."""
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["batch", 4, 1, 1])
    open_twice = helper.make_tensor_value_info("open", TensorProto.FLOAT, ["batch", "side"])
    out = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("kept", "back", "turned")]
    sides = {"flat": (-1, 4), "whole": (-1, 4, 1, 1), "two": (2, -1)}
    weights = [helper.make_tensor(name, TensorProto.INT64, [len(each)], each) for name, each in sides.items()]
    nodes = [
        helper.make_node("Reshape", ["picture", "flat"], ["a"]),
        helper.make_node("Reshape", ["a", "whole"], ["b"]),
        helper.make_node("Relu", ["a"], ["kept"]),
        helper.make_node("Relu", ["b"], ["back"]),
        helper.make_node("Reshape", ["open", "two"], ["c"]),
        helper.make_node("Relu", ["c"], ["turned"]),
    ]
    graph = helper.make_graph(nodes, "graph", [picture, open_twice], out, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    drop_reshapes(model)
    takes = {node.output[0]: node.input[0] for node in model.graph.node}
    assert (takes["kept"], takes["back"], takes["turned"]) == ("a", "picture", "c")
