"""Letting a network that takes BGR take RGB, by a first step that turns the channels round."""

from __future__ import annotations

import copy
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from convert.failure import explain_failure

_BGR = np.array([2, 1, 0], np.int32)


def turn_channels(path: Path, name: object) -> None:
    """Make the one picture that a `.tflite` or `.onnx` file takes RGB where it was BGR, in place.

    Raises ConversionError where the file has no such input; `name` is what it is called there.
    """
    with explain_failure(f"{name}: its channels cannot be turned round"):
        (_turn_onnx if path.suffix == ".onnx" else _turn_tflite)(path)


def _turn_onnx(path: Path) -> None:
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(path)
    graph = model.graph
    constants = {weight.name for weight in graph.initializer}
    (picture,) = (value for value in graph.input if value.name not in constants)
    sides = [side.dim_value for side in picture.type.tensor_type.shape.dim]
    axis = sides.index(3, 1) if sides[3] != 3 else 3
    order, turned = f"{picture.name}.bgr", f"{picture.name}.turned"
    _rename_inputs(graph, picture.name, turned)
    graph.initializer.append(numpy_helper.from_array(_BGR, order))
    graph.node.insert(0, helper.make_node("Gather", [picture.name, order], [turned], turned, axis=axis))
    onnx.save(model, path)


def _rename_inputs(graph: Any, old: str, new: str) -> None:
    for node in graph.node:
        node.input[:] = [new if value == old else value for value in node.input]


def _turn_tflite(path: Path) -> None:
    from convert.tflite_file import edit_model

    content = path.read_bytes()
    entries: list[tuple[zipfile.ZipInfo, bytes]] = []
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            entries = [(entry, archive.read(entry)) for entry in archive.infolist()]
    path.write_bytes(edit_model(content, _insert_gather))
    with zipfile.ZipFile(path, "a") as archive:
        for entry, held in entries:
            archive.writestr(entry, held)


def _insert_gather(model: Any) -> None:
    # What a model is run by; others are branches of it, or belong to further signatures.
    graph = model.subgraphs[0]
    (picture,) = graph.inputs
    sides = list(graph.tensors[picture].shape)
    if 3 not in (sides[1], sides[-1]):
        raise ValueError("it takes no 3 channels")
    turned, order = len(graph.tensors), len(graph.tensors) + 1
    for operator in graph.operators:
        operator.inputs = [turned if index == picture else index for index in operator.inputs]
    _add_tensors(model, graph.tensors[picture])
    graph.operators.insert(0, _make_gather(model, [picture, order], turned, axis=-1 if sides[-1] == 3 else 1))


def _add_tensors(model: Any, taken: Any) -> None:
    """The turned picture, like the one that is taken, and the order of its channels."""
    from tensorflow.lite.python import schema_py_generated as schema

    model.buffers += [schema.BufferT(), schema.BufferT(_BGR.view(np.uint8))]
    turned = copy.copy(taken)
    turned.name, turned.buffer = b"turned", len(model.buffers) - 2
    order = schema.TensorT(shape=[3], type=schema.TensorType.INT32, buffer=len(model.buffers) - 1, name=b"bgr")
    model.subgraphs[0].tensors += [turned, order]


def _make_gather(model: Any, inputs: list[int], output: int, axis: int) -> Any:
    from tensorflow.lite.python import schema_py_generated as schema

    code = schema.OperatorCodeT(schema.BuiltinOperator.GATHER, version=1, builtinCode=schema.BuiltinOperator.GATHER)
    model.operatorCodes.append(code)
    gather = schema.OperatorT(len(model.operatorCodes) - 1, inputs, [output])
    gather.builtinOptionsType = schema.BuiltinOptions.GatherOptions
    gather.builtinOptions = schema.GatherOptionsT(axis=axis)
    return gather
