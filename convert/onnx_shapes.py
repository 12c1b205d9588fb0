"""The shapes between the operators of an ONNX graph, for the runtime, which counts by them."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime

from convert.onnx_graph import ROUNDING


def note_shapes(model: Any) -> None:
    """Note in a ModelProto the shapes between its nodes, in place: the runtime, which has no onnx, counts by them.

    Those that onnx cannot work out are seen, as it computes: in attention they are themselves computed, and of
    operators outside of the standard, as onnxruntime's quantization writes, onnx knows nothing.
    Rounding and widening (QDQ) change no shape; noting theirs too would make a small integer file a tenth larger.
    """
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph.value_info
    # Whoever fused operators may have left the shapes of what lay between them.
    given = {name for node in model.graph.node if node.op_type not in ROUNDING for name in node.output}
    given -= {"", *(value.name for value in model.graph.output)}
    told = {value.name: value for value in inferred}
    noted = [told.get(name) or onnx.ValueInfoProto(name=name) for name in sorted(given)]
    _see_shapes(model, noted)
    del model.graph.value_info[:]
    model.graph.value_info.extend(value for value in noted if value.HasField("type"))


def _see_shapes(model: Any, noted: list[Any]) -> None:
    """Fill in the open sides of the values, where the network can be run; a side of N for each picture is `N*batch`."""
    weights = {weight.name for weight in model.graph.initializer}
    (taken,) = (value for value in model.graph.input if value.name not in weights)
    count, *sides = taken.type.tensor_type.shape.dim
    unknown = [value for value in noted if not _has_shape(value, count)]
    if not unknown:
        return
    dtype = onnx.helper.tensor_dtype_to_np_dtype(taken.type.tensor_type.elem_type)
    one, two = (
        {taken.name: np.zeros((pictures, *(side.dim_value for side in sides)), dtype)}
        for pictures in (1, 1 if count.dim_value else 2)
    )
    try:
        session = _open_between(model, [value.name for value in unknown])
        found = zip(unknown, session.run(None, one), session.run(None, two))
        tensors = [each for each in found if all(isinstance(values, np.ndarray) for values in each[1:])]
    except Exception:  # onnxruntime's exceptions have no common base; some networks say any number and mean one
        return
    for value, first, second in tensors:
        value.type.tensor_type.elem_type = onnx.helper.np_dtype_to_tensor_dtype(first.dtype)
        value.type.tensor_type.shape.Clear()
        for length, doubled in zip(first.shape, second.shape):
            side = value.type.tensor_type.shape.dim.add()
            if length == doubled:
                side.dim_value = length
            else:
                side.dim_param = count.dim_param if length == 1 else f"{length}*{count.dim_param}"


def _has_shape(value: Any, count: Any) -> bool:
    kind = value.type.tensor_type
    return kind.HasField("shape") and all(_is_told(side, count) for side in kind.shape.dim)


def _is_told(side: Any, count: Any) -> bool:
    return bool(side.dim_value or (side.dim_param and side.dim_param == count.dim_param))


def _open_between(model: Any, names: list[str]) -> onnxruntime.InferenceSession:
    """A session that gives what is between the operators."""
    seeing = onnx.ModelProto()
    seeing.CopyFrom(model)
    del seeing.graph.output[:]
    seeing.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(seeing.SerializeToString(), options, providers=["CPUExecutionProvider"])
