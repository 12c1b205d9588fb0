"""ONNX: sums and products of each pixel of a picture, made quick."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import numpy_helper

_ELEMENTWISE = ("Add", "Sub", "Mul", "Div")


def spread_over_rows(graph: Any, width: int, channels: int) -> None:
    """Make a number for each colour of the picture, as a mean of each, a row of pixels of these numbers, in place.

    It gives the same, bit for bit. onnxruntime computes as many values at a time as a constant has: of an int8
    EfficientNet-Lite0 the mean and the deviation took a sixth of the time. Only where the graph, a GraphProto, begins
    so.
    """
    weights = {weight.name: weight for weight in graph.initializer}
    value = graph.input[0].name
    while True:
        takers = [node for node in graph.node if value in node.input]
        if len(takers) != 1 or takers[0].op_type not in _ELEMENTWISE:
            return
        (node,) = takers
        for name in (name for name in node.input if name in weights):
            numbers = numpy_helper.to_array(weights[name])
            is_alone = sum(name in other.input for other in graph.node) == 1
            if is_alone and 1 < channels == numbers.size == numbers.shape[-1]:
                row = np.tile(numbers.reshape(1, 1, 1, channels), (1, 1, width, 1))
                weights[name].CopyFrom(numpy_helper.from_array(row, name))
        (value,) = node.output
