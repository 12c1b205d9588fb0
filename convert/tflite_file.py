"""A TFLite file as the tables of its schema: to look into what the converter made, and to add to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

# https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
_IDENTIFIER = b"TFL3"
_BUFFER_ALIGNMENT = 16
# The weights are the second input of each.
_LAYERS = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED")
_OPERATORS = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
_DTYPES = {code: name.lower() for name, code in vars(schema.TensorType).items() if isinstance(code, int)}


@dataclass(frozen=True)
class Tensor:
    """dtype: a numpy name, `float32`. size: number of values. scale, zero_point: None where it is not quantized."""

    name: str
    dtype: str
    size: int
    scale: float | None
    zero_point: int | None


@dataclass(frozen=True)
class Layer:
    """An operator that has weights. operator: its name in the schema, `CONV_2D`."""

    operator: str
    weights: Tensor
    result: Tensor


@dataclass(frozen=True)
class TfliteGraph:
    """The one network in a TFLite file: every tensor, which of them go in and come out, and the layers."""

    tensors: tuple[Tensor, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    layers: tuple[Layer, ...]


def read_graph(content: bytes) -> TfliteGraph:
    """The network in a TFLite file's bytes. Weights that are widened before use (float16) count as stored."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    (graph,) = model.subgraphs
    named = list(zip(name_operators(model), graph.operators))
    tensors = [_tensor(tensor) for tensor in graph.tensors]
    stored = {operator.outputs[0]: operator.inputs[0] for name, operator in named if name == "DEQUANTIZE"}
    layers = [
        Layer(name, tensors[stored.get(operator.inputs[1], operator.inputs[1])], tensors[operator.outputs[0]])
        for name, operator in named
        if name in _LAYERS
    ]
    inputs, outputs = ([tensors[index] for index in indices] for indices in (graph.inputs, graph.outputs))
    return TfliteGraph(tuple(tensors), tuple(inputs), tuple(outputs), tuple(layers))


def name_operators(model: Any) -> list[str]:
    """What each operator of the one network of a schema.ModelT is called in the schema, in their order."""
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    return [_OPERATORS[codes[operator.opcodeIndex]] for operator in model.subgraphs[0].operators]


def _tensor(tensor: Any) -> Tensor:
    size = 1
    for side in tensor.shape if tensor.shape is not None else ():
        size *= int(side)
    quantization = tensor.quantization
    if quantization is None or quantization.scale is None or len(quantization.scale) != 1:
        return Tensor(tensor.name.decode(), _DTYPES[tensor.type], size, None, None)
    return Tensor(
        tensor.name.decode(),
        _DTYPES[tensor.type],
        size,
        float(quantization.scale[0]),
        int(quantization.zeroPoint[0]),
    )


class _Buffer(schema.BufferT):  # type: ignore[misc]
    """A buffer of the network whose values begin where the schema wants them, at a multiple of 16 bytes."""

    def Pack(self, builder: Any) -> Any:  # noqa: N802 - the generated class's name
        if self.data is not None and len(self.data):
            builder.Prep(_BUFFER_ALIGNMENT, len(self.data))
        return super().Pack(builder)


class _Builder(flatbuffers.Builder):  # type: ignore[misc]
    """A builder that writes equal scales, zero points and shapes once.

    A network of many small layers has a zero point of eight bytes, always zero, for each channel: an eighth of its
    file.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: np.ndarray) -> int:  # noqa: N802 - the library's name
        # Bytes are a buffer's, which begins at a place of its own.
        if x.dtype.itemsize == 1:
            return int(super().CreateNumpyVector(x))
        key = x.dtype.str, x.tobytes()
        if key not in self._written:
            self._written[key] = super().CreateNumpyVector(x)
        return self._written[key]


def open_keeping(content: bytes) -> Any:
    """TensorFlow's interpreter of a file, allocated. Its own kernels compute, not XNNPACK's, so every value is kept."""
    interpreter = tf.lite.Interpreter(
        model_content=content,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    return interpreter


def edit_model(content: bytes, edit: Callable[[Any], None]) -> bytes:
    """A TFLite file's bytes after `edit` has changed its tables (a schema.ModelT) in place, without any zip."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    edit(model)
    model.buffers = [_Buffer(buffer.data, buffer.offset, buffer.size) for buffer in model.buffers]
    builder = _Builder(len(content))
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


def add_buffer(content: bytes, name: str, data: bytes) -> bytes:
    """A TFLite file's bytes with a metadata entry of this name, that refers to `data`, in it."""

    def add(model: Any) -> None:
        entry = schema.MetadataT(name.encode(), len(model.buffers))
        model.metadata = [*(model.metadata or ()), entry]
        model.buffers.append(schema.BufferT(np.frombuffer(data, np.uint8)))

    return edit_model(content, add)
