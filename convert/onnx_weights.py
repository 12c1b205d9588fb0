"""Storing the weights of a float32 ONNX graph small, and widening them before use.

onnxruntime widens them once, when it loads the file, and is then as fast as in float32. Its operators that
compute on the small weights are slower on a processor: an EfficientNet-Lite0 takes 8 ms on one x86 core
in float32, 24 in float16, 27 with DequantizeLinear and 134 with ConvInteger.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from convert.onnx_graph import LOOP
from convert.recipes import Recipe
from runtime.errors import ConversionError

# Which inputs of each operator are weights, and which axis of them are its output channels.
_RECURRENT = {1: 1, 2: 1}
_CHANNEL_AXES = {
    "Conv": {1: 0},
    "ConvTranspose": {1: 1},
    "Gemm": {1: 1},
    "MatMul": {1: -1},
    "GRU": _RECURRENT,
    "LSTM": _RECURRENT,
    "RNN": _RECURRENT,
}
_LEVELS = 127


def shrink_weights(model: Any, recipe: Recipe) -> None:
    """Store the weights of every layer of a float32 ModelProto as the recipe says, float16 or int8, in place.

    int8 weights have a scale for each output channel and no zero point: value = scale * level, -127..127.
    Raises ConversionError for a layer whose weights cannot be had.
    """
    nodes, stored = [], {weight.name: weight for weight in model.graph.initializer}
    widened: dict[str, str] = {}
    for node in model.graph.node:
        if node.op_type == LOOP:
            raise ConversionError(f"layer {node.name} is a loop, whose weights stay float32; choose --recipe float32")
        for place in _CHANNEL_AXES.get(node.op_type, {}):
            name = node.input[place]
            if name not in stored:
                continue
            if name not in widened:
                small, widening = _shrink(stored[name], node, place, recipe)
                stored.update({weight.name: weight for weight in small})
                nodes += widening
                widened[name] = widening[-1].output[0]
            node.input[place] = widened[name]
        nodes.append(node)
    used = {name for node in nodes for name in node.input}
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(stored[name] for name in sorted(used & set(stored)))


def _shrink(weights: Any, layer: Any, place: int, recipe: Recipe) -> tuple[list[Any], list[Any]]:
    """The small weights of a layer, and the nodes that widen them; the last one gives the wide weights."""
    name = layer.name if place == 1 else f"{layer.name}.{place}"
    values = numpy_helper.to_array(weights)
    small, wide = f"{name}.{recipe.weights}", f"{name}.wide"
    cast = helper.make_node("Cast", [small], [wide], f"{wide}/cast", to=TensorProto.FLOAT)
    if recipe.weights == "float16":
        return [numpy_helper.from_array(values.astype(np.float16), small)], [cast]
    levels, scale = _quantize(values, _channel_axis(layer, place) % values.ndim)
    constants = [numpy_helper.from_array(levels, small), numpy_helper.from_array(scale, f"{name}.scale")]
    return constants, [cast, helper.make_node("Mul", [wide, f"{name}.scale"], [f"{wide}/scaled"], f"{wide}/scaling")]


def _channel_axis(layer: Any, place: int) -> int:
    transposed = any(attribute.name == "transB" and attribute.i for attribute in layer.attribute)
    return 0 if transposed else _CHANNEL_AXES[layer.op_type][place]


def _quantize(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """The levels, and the scales in a shape that multiplies with them."""
    others = tuple(other for other in range(values.ndim) if other != axis)
    largest = np.abs(values).max(axis=others, keepdims=True)
    scale = np.where(largest > 0, largest / _LEVELS, 1).astype(np.float32)
    return np.round(values / scale).astype(np.int8), scale
