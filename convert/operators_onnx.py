"""Reading the operators of an `.onnx`. The shapes between them are not in the file: onnx works them out.

That is why it is not in the runtime, which does without onnx.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx

from runtime.errors import ModelError
from runtime.operators import OperatorReport, make_report
from runtime.operators.graph import Graph, Operator, Tensor


def report_onnx(path: Path) -> OperatorReport:
    """The operators of an `.onnx`, for one picture. Raises ModelError for a damaged file."""
    try:
        model = onnx.shape_inference.infer_shapes(onnx.load(path))
    except Exception as error:  # protobuf and onnx have no common exception
        reason = " ".join(str(error).split())[:160]
        raise ModelError(f"{path}: is no ONNX model, or is damaged ({reason}); make or copy the file again") from None
    return make_report(_read_graph(model.graph, onnx.helper.tensor_dtype_to_np_dtype))


def _read_graph(graph: Any, dtype_of: Any) -> Graph:
    constants = {value.name for value in graph.initializer}
    tensors = {
        value.name: Tensor(
            value.name,
            tuple(side.dim_value or 1 for side in value.type.tensor_type.shape.dim),
            str(dtype_of(value.type.tensor_type.elem_type)),
            is_constant=False,
        )
        for value in (*graph.input, *graph.output, *graph.value_info)
        if value.type.HasField("tensor_type")
    }
    for weight in graph.initializer:
        tensors[weight.name] = Tensor(
            weight.name, tuple(weight.dims), str(dtype_of(weight.data_type)), is_constant=True
        )

    def named(names: Any) -> tuple[Tensor, ...]:
        return tuple(tensors.get(name, Tensor(name, (), "unknown", is_constant=False)) for name in names if name)

    operators = tuple(Operator(node.op_type, named(node.input), named(node.output)) for node in graph.node)
    inputs = [value.name for value in graph.input if value.name not in constants]
    return Graph(operators, named(inputs), named(value.name for value in graph.output))
