"""Leaving out what an ONNX graph reshapes to and fro, as tf2onnx leaves it in: some of it by chance."""

from __future__ import annotations

from typing import Any

import onnx

# They change no value and no order of values, only the sides: their first input's.
_RESHAPING = ("Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity")


def drop_reshapes(model: Any) -> None:
    """Have whatever takes a reshaped value of a ModelProto take the one before, in place, where its shape is the same.

    A squeeze-and-excite block's mean is squeezed and reshaped back for the convolution that follows. Which of these
    tf2onnx finds out itself depends on the addresses of its objects, so that the same network would be other bytes
    about once in ten times.
    """
    graph = onnx.shape_inference.infer_shapes(model).graph
    shapes = {value.name: _sides(value) for value in (*graph.input, *graph.value_info, *graph.output)}
    before: dict[str, list[str]] = {}  # of each reshaped value those that it is made of, the first one last
    same: dict[str, str] = {}
    for node in model.graph.node:
        node.input[:] = [same.get(name, name) for name in node.input]
        if node.op_type not in _RESHAPING:
            continue
        (value,) = node.output
        before[value] = [node.input[0], *before.get(node.input[0], [])]
        for earlier in before[value]:
            if _is_same(shapes.get(earlier), shapes.get(value)):
                same[value] = earlier


def _sides(value: Any) -> list[int] | None:
    """0 for one that is open. None where nothing is known of them."""
    kind = value.type.tensor_type
    return [side.dim_value for side in kind.shape.dim] if kind.HasField("shape") else None


def _is_same(one: list[int] | None, other: list[int] | None) -> bool:
    """Of two shapes of the same number of values: with one open side, what it is follows from the others."""
    return one is not None and one == other and one.count(0) <= 1
