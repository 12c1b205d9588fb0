"""Reading the operators of a `.tflite`: a FlatBuffer, whose fields are numbered as in the schema:
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
"""

from __future__ import annotations

import struct
from pathlib import Path

from runtime.errors import ModelError
from runtime.flat_table import Table
from runtime.operators.graph import Graph, Operator, Tensor
from runtime.operators.tflite_names import DTYPES, OPERATORS

_IDENTIFIER = b"TFL3"
_CUSTOM = OPERATORS.index("CUSTOM")
# Older files have codes up to this one in a field of one byte, and there alone.
_LARGEST_OLD_CODE = 127


def read_tflite(path: Path) -> Graph:
    """The operators of the first network in a `.tflite`. Raises ModelError for a file that is none, or is damaged."""
    content = path.read_bytes()
    try:
        if content[4:8] != _IDENTIFIER:
            raise ModelError("it does not begin as one")
        return _read_graph(Table.root(content))
    except (struct.error, IndexError, ModelError) as error:
        raise ModelError(f"{path}: is no TFLite model, or is damaged ({error}); make or copy the file again") from None


def _read_graph(model: Table) -> Graph:
    kinds = [_read_kind(code) for code in model.tables(1)]
    network = model.tables(2)[0]
    # Buffer: data = 0, and for files above 2 GB offset = 1, size = 2.
    filled = [bool(buffer.count(0) or buffer.number(1, "<Q") > 1) for buffer in model.tables(4)]
    tensors = [_read_tensor(tensor, filled) for tensor in network.tables(0)]

    def named(indices: list[int]) -> tuple[Tensor, ...]:
        return tuple(tensors[index] for index in indices if index >= 0)

    operators = tuple(
        Operator(kinds[operator.number(0, "<I")], named(operator.numbers(1)), named(operator.numbers(2)))
        for operator in network.tables(3)
    )
    return Graph(operators, named(network.numbers(1)), named(network.numbers(2)))


def _read_kind(code: Table) -> str:
    old, new = code.number(0, "<b"), code.number(3, "<i")
    number = new if old in (0, _LARGEST_OLD_CODE) else old
    if number == _CUSTOM:
        return f"custom {code.text(1)}"
    return OPERATORS[number] if 0 <= number < len(OPERATORS) else f"operator {number}"


def _read_tensor(tensor: Table, filled: list[bool]) -> Tensor:
    dtype, quantization = tensor.number(1, "<b"), tensor.table(4)
    return Tensor(
        name=tensor.text(3),
        shape=tuple(tensor.numbers(0)),
        dtype=DTYPES[dtype] if 0 <= dtype < len(DTYPES) else f"dtype {dtype}",
        is_constant=filled[tensor.number(2, "<I")],
        # QuantizationParameters: scale = 2.
        is_quantized=quantization is not None and quantization.count(2) > 0,
    )
