"""Reading the operators of a `.tflite`: a FlatBuffer, of which only a handful of tables matter here.

A table starts with the distance back to its vtable, which has two bytes of size for the vtable, two for the
table, and two for the place of each field in the table (0: the field has its default). Strings, vectors and other
tables are held by distance: https://flatbuffers.dev/internals. Fields are numbered as in the schema:
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import ModelError
from runtime.operators.graph import Graph, Operator, Tensor
from runtime.operators.tflite_names import DTYPES, OPERATORS

_IDENTIFIER = b"TFL3"
_CUSTOM = OPERATORS.index("CUSTOM")
# Older files have codes up to this one in a field of one byte, and there alone.
_LARGEST_OLD_CODE = 127


@dataclass(frozen=True)
class _Table:
    """A table of a FlatBuffer at `start` of `content`."""

    content: bytes
    start: int

    def place(self, field: int) -> int:
        """Where the value of a field lies, or 0 where it has its default."""
        vtable = self.start - self._number("<i", self.start)
        entry = 4 + 2 * field
        if entry >= self._number("<H", vtable):
            return 0
        offset = self._number("<H", vtable + entry)
        return self.start + offset if offset else 0

    def number(self, field: int, form: str) -> int:
        place = self.place(field)
        return self._number(form, place) if place else 0

    def tables(self, field: int) -> list[_Table]:
        return [_Table(self.content, place + self._number("<I", place)) for place in self._elements(field, 4)]

    def numbers(self, field: int) -> list[int]:
        return [self._number("<i", place) for place in self._elements(field, 4)]

    def table(self, field: int) -> _Table | None:
        place = self.place(field)
        return _Table(self.content, place + self._number("<I", place)) if place else None

    def count(self, field: int) -> int:
        """How many elements a vector has."""
        return self._vector(field)[1]

    def text(self, field: int) -> str:
        start, length = self._vector(field)
        return self.content[start : start + length].decode(errors="replace")

    def _elements(self, field: int, size: int) -> range:
        start, count = self._vector(field)
        if start + count * size > len(self.content):
            raise ModelError("a vector reaches beyond the end")
        return range(start, start + count * size, size)

    def _vector(self, field: int) -> tuple[int, int]:
        place = self.place(field)
        if not place:
            return 0, 0
        start = place + self._number("<I", place)
        return start + 4, self._number("<I", start)

    def _number(self, form: str, place: int) -> int:
        number: int = struct.unpack_from(form, self.content, place)[0]
        return number


def read_tflite(path: Path) -> Graph:
    """The operators of the first network in a `.tflite`. Raises ModelError for a file that is none, or is damaged."""
    content = path.read_bytes()
    try:
        if content[4:8] != _IDENTIFIER:
            raise ModelError("it does not begin as one")
        return _read_graph(_Table(content, struct.unpack_from("<I", content)[0]))
    except (struct.error, IndexError, ModelError) as error:
        raise ModelError(f"{path}: is no TFLite model, or is damaged ({error}); make or copy the file again") from None


def _read_graph(model: _Table) -> Graph:
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


def _read_kind(code: _Table) -> str:
    old, new = code.number(0, "<b"), code.number(3, "<i")
    number = new if old in (0, _LARGEST_OLD_CODE) else old
    if number == _CUSTOM:
        return f"custom {code.text(1)}"
    return OPERATORS[number] if 0 <= number < len(OPERATORS) else f"operator {number}"


def _read_tensor(tensor: _Table, filled: list[bool]) -> Tensor:
    dtype, quantization = tensor.number(1, "<b"), tensor.table(4)
    return Tensor(
        name=tensor.text(3),
        shape=tuple(tensor.numbers(0)),
        dtype=DTYPES[dtype] if 0 <= dtype < len(DTYPES) else f"dtype {dtype}",
        is_constant=filled[tensor.number(2, "<I")],
        # QuantizationParameters: scale = 2.
        is_quantized=quantization is not None and quantization.count(2) > 0,
    )
