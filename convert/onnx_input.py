"""Making the input of a quantized ONNX graph the bytes of a picture."""

from __future__ import annotations

from typing import Any

from onnx import TensorProto, helper, numpy_helper

from runtime.errors import ConversionError


def take_bytes(model: Any, name: str) -> None:
    """Turn the float32 input `name` of a QDQ graph into uint8 of the same values, in place.

    Where the graph's first step is to round the input to uint8, that step falls away, as its scale is 1 and
    its zero point 0; else the bytes are cast to float32. Raises ConversionError where the scale is another.
    """
    graph = model.graph
    (entry,) = (value for value in graph.input if value.name == name)
    entry.type.tensor_type.elem_type = TensorProto.UINT8
    rounding = next((node for node in graph.node if node.op_type == "QuantizeLinear" and node.input[0] == name), None)
    if rounding is not None and _check_scale(graph, rounding):
        graph.node.remove(rounding)
        _reconnect(graph, rounding.output[0], name)
        return
    _reconnect(graph, name, f"{name}_float")
    graph.node.insert(0, helper.make_node("Cast", [name], [f"{name}_float"], f"{name}_cast", to=TensorProto.FLOAT))


def _check_scale(graph: Any, rounding: Any) -> bool:
    """Whether the rounding is to uint8 (else it is to int8). Its scale must be 1 and its range 0..255."""
    constants = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
    scale, zero_point = constants[rounding.input[1]], constants[rounding.input[2]]
    unsigned = zero_point.dtype == "uint8"
    if scale != 1 or zero_point != (0 if unsigned else -128):
        raise ConversionError(
            f"the quantized input has scale {scale} and zero point {zero_point}, expected 1 and the least value; "
            "the calibration pictures must reach from 0 to 255"
        )
    return bool(unsigned)


def _reconnect(graph: Any, old: str, new: str) -> None:
    for node in graph.node:
        node.input[:] = [new if value == old else value for value in node.input]
