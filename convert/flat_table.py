"""Tables of the FlatBuffers format by the numbers of their fields, for schemas that no package here brings.

A field's number is its place in the table's declaration, from 0: https://flatbuffers.dev/internals
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

import flatbuffers
import numpy as np
from flatbuffers import encode, number_types
from flatbuffers.table import Table

# An int is an enum or a union's type, of one byte; an array is a vector of float32; a tuple one of texts or tables.
Value = Union[int, str, np.ndarray, "NewTable", tuple[Union[str, "NewTable"], ...]]


@dataclass(frozen=True)
class NewTable:
    """A table to write: number of the field to value."""

    fields: Mapping[int, Value]


def write_table(root: NewTable, identifier: bytes) -> bytes:
    """A whole buffer, with its 4-byte file identifier."""
    builder = flatbuffers.Builder()
    builder.Finish(_write(builder, root), identifier)
    return bytes(builder.Output())


def _write(builder: Any, value: Value) -> int:
    """Write what a field refers to; its offset."""
    if isinstance(value, str):
        return int(builder.CreateString(value))
    if isinstance(value, np.ndarray):
        return int(builder.CreateNumpyVector(value.astype(np.float32)))
    if isinstance(value, tuple):
        offsets = [_write(builder, item) for item in value]
        builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
        return int(builder.EndVector())
    assert isinstance(value, NewTable)
    offsets_by_field = {
        number: _write(builder, item) for number, item in value.fields.items() if not isinstance(item, int)
    }
    builder.StartObject(max(value.fields, default=-1) + 1)
    for number, item in value.fields.items():
        if isinstance(item, int):
            builder.PrependUint8Slot(number, item, 0)
        else:
            builder.PrependUOffsetTRelativeSlot(number, offsets_by_field[number], 0)
    return int(builder.EndObject())


class ReadTable:
    """A table in a buffer; every field may be missing.

    What points outside the buffer raises struct.error, IndexError, TypeError or ValueError.
    """

    def __init__(self, buffer: bytes, position: int) -> None:
        self._table = Table(buffer, position)

    @classmethod
    def root(cls, buffer: bytes) -> ReadTable:
        return cls(buffer, encode.Get(number_types.UOffsetTFlags.packer_type, buffer, 0))

    def table(self, number: int) -> ReadTable | None:
        at = self._field(number)
        return None if at is None else ReadTable(self._table.Bytes, self._table.Indirect(at))

    def integer(self, number: int, flags: Any = number_types.Uint8Flags) -> int:
        """0 where it is missing. flags: of the field's type in flatbuffers.number_types."""
        at = self._field(number)
        return 0 if at is None else int(self._table.Get(flags, at))

    def text(self, number: int) -> str:
        at = self._field(number)
        return "" if at is None else str(self._table.String(at).decode("utf-8", "replace"))

    def content(self, number: int) -> bytes:
        """A vector of bytes."""
        start, length = self._vector(number, 1)
        return bytes(self._table.Bytes[start : start + length])

    def floats(self, number: int) -> tuple[float, ...]:
        start, length = self._vector(number, 4)
        return struct.unpack_from(f"<{length}f", self._table.Bytes, start)

    def tables(self, number: int) -> list[ReadTable]:
        start, length = self._vector(number, 4)
        places = range(start, start + 4 * length, 4)
        return [ReadTable(self._table.Bytes, self._table.Indirect(place)) for place in places]

    def _field(self, number: int) -> int | None:
        offset = self._table.Offset(4 + 2 * number)
        return self._table.Pos + offset if offset else None

    def _vector(self, number: int, item_size: int) -> tuple[int, int]:
        at = self._field(number)
        if at is None:
            return 0, 0
        relative = at - self._table.Pos
        start, length = int(self._table.Vector(relative)), int(self._table.VectorLen(relative))
        if start + item_size * length > len(self._table.Bytes):
            raise ValueError(f"{length} values of {item_size} bytes do not fit into the buffer")
        return start, length
