"""Writing tables of the FlatBuffers format, for schemas that no package here brings. Reading: runtime/flat_table.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

import flatbuffers
import numpy as np

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
