"""Reading the operators of an `.onnx`: a protobuf message, of which only a handful of fields matter here.

The shapes between its operators are in a file where whoever made it noted them, as conversions to `.onnx` here do.
What rounds and what widens (QDQ) needs no note: it changes a dtype, never a shape. Fields are numbered as in
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

import re
from pathlib import Path

from runtime.errors import ModelError, UsageError
from runtime.operators.cost import QUANTIZING
from runtime.operators.graph import Graph, Link, Operator, Tensor
from runtime.protobuf import Message

# ModelProto, GraphProto, NodeProto, TensorProto.
_GRAPH = 7
_NODE, _WEIGHT, _INPUT, _OUTPUT, _BETWEEN = 1, 5, 11, 12, 13
_TAKEN, _GIVEN, _KIND = 1, 2, 4
_SIDES, _DTYPE, _WEIGHT_NAME = 1, 2, 8
# ValueInfoProto, TypeProto, TypeProto.Tensor, TensorShapeProto and its Dimension.
_NAME, _TYPE = 1, 2
_TENSOR = 1
_ELEMENT, _SHAPE = 1, 2
_SIDE, _LENGTH, _LENGTH_NAME = 1, 1, 2

# TensorProto.DataType, in its order.
_DTYPES = """
undefined float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64 complex64 complex128
bfloat16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4
""".split()  # noqa: SIM905 (a line each otherwise)


# Lengths are signed: a negative one stands for an open side.
_MOST_LENGTH = 2**63
# A side that is so many times another, as onnxruntime and the conversions here name it.
_MULTIPLE = re.compile(r"(\d+)\*(.+)")


def read_onnx(path: Path) -> Graph:
    """The operators of an `.onnx`.

    Raises ModelError for a damaged file, UsageError for one that does not tell the shapes between its operators.
    """
    with path.open("rb") as file:
        return _read_graph(path, Message(file, str(path)).message(_GRAPH))


def read_links(path: Path) -> tuple[tuple[Link, ...], str]:
    """The operators of an `.onnx` by names, which every file tells, and the name of its first output.

    Raises ModelError for a damaged file.
    """
    with path.open("rb") as file:
        graph = Message(file, str(path)).message(_GRAPH)
        constants = {"", *(weight.text(_WEIGHT_NAME) for weight in graph.messages(_WEIGHT))}
        steps = []
        for node in graph.messages(_NODE):
            taken = tuple(name for name in node.texts(_TAKEN) if name not in constants)
            steps.append(Link(node.text(_KIND), taken, tuple(node.texts(_GIVEN))))
            if not taken:  # such as a bias that is widened
                constants.update(node.texts(_GIVEN))
        return tuple(steps), graph.message(_OUTPUT).text(_NAME)


def _read_graph(path: Path, graph: Message) -> Graph:
    nodes = graph.messages(_NODE)
    if not nodes:
        raise ModelError(f"{path}: is no ONNX model, or is damaged (no operators); make or copy the file again")
    values = [value for number in (_INPUT, _OUTPUT, _BETWEEN) for value in graph.messages(number)]
    # Exporters call the same batch one thing where it goes in and another where it comes out.
    ends = (*graph.messages(_INPUT), *graph.messages(_OUTPUT))
    batches = {side.text(_LENGTH_NAME) for value in ends for side in _sides(value)[:1]}
    tensors = {tensor.name: tensor for value in values if (tensor := _read_value(value, batches))}
    tensors |= {tensor.name: tensor for tensor in map(_read_weight, graph.messages(_WEIGHT))}
    try:
        operators = tuple(_read_operator(node, tensors) for node in nodes)
        inputs, outputs = (
            tuple(tensors[value.text(_NAME)] for value in graph.messages(number)) for number in (_INPUT, _OUTPUT)
        )
    except KeyError as error:
        raise UsageError(
            f"{path}: does not tell the shapes between its operators ({str(error)[:80]}); python -m convert, and "
            "python -m convert adopt, make one that does"
        ) from None
    # Older files have their weights among the inputs too.
    return Graph(operators, tuple(tensor for tensor in inputs if not tensor.is_constant), outputs)


def _sides(value: Message) -> list[Message]:
    return value.message(_TYPE).message(_TENSOR).message(_SHAPE).messages(_SIDE)


def _read_value(value: Message, batches: set[str]) -> Tensor | None:
    """None where the file does not tell its shape for one picture. batches: what it calls the number of pictures."""
    kind = value.message(_TYPE).message(_TENSOR)
    lengths = [_read_length(side, place == 0, batches) for place, side in enumerate(_sides(value))]
    if not kind.messages(_SHAPE) or None in lengths:
        return None
    shape = tuple(length for length in lengths if length is not None)
    return Tensor(value.text(_NAME), shape, _dtype(kind.number(_ELEMENT)), is_constant=False)


def _read_length(side: Message, is_first: bool, batches: set[str]) -> int | None:
    length, name = side.number(_LENGTH), side.text(_LENGTH_NAME)
    if 0 < length < _MOST_LENGTH:
        return length
    multiple = _MULTIPLE.fullmatch(name)
    if multiple and multiple[2] in batches:
        return int(multiple[1])
    return 1 if (is_first and not name) or (name and name in batches) else None


def _read_weight(weight: Message) -> Tensor:
    return Tensor(weight.text(_WEIGHT_NAME), tuple(weight.numbers(_SIDES)), _dtype(weight.number(_DTYPE)), True)


def _dtype(number: int) -> str:
    return _DTYPES[number] if number < len(_DTYPES) else f"dtype {number}"


def _read_operator(node: Message, tensors: dict[str, Tensor]) -> Operator:
    """What rounding and widening give joins `tensors`. Raises KeyError for a tensor that the file does not tell."""
    kind = node.text(_KIND)
    inputs = tuple(tensors[name] for name in node.texts(_TAKEN) if name)
    names = [name for name in node.texts(_GIVEN) if name]
    if kind in QUANTIZING and inputs:
        for name in names:
            tensors.setdefault(name, Tensor(name, inputs[0].shape, _rounded_dtype(kind, inputs), is_constant=False))
    return Operator(kind, inputs, tuple(tensors[name] for name in names))


def _rounded_dtype(kind: str, inputs: tuple[Tensor, ...]) -> str:
    """They take a value, its scale and its zero point, without which a byte is a uint8."""
    place = 1 if kind == "DequantizeLinear" else 2
    return inputs[place].dtype if len(inputs) > place else "uint8"
