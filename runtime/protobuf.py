"""Protocol buffers, as far as ONNX files need them: https://protobuf.dev/programming-guides/encoding.

A message is a row of fields: a key (the field's number, and how its content is laid out), then the content.
"""

from __future__ import annotations

import io
import os
from collections import defaultdict
from collections.abc import Iterator
from typing import BinaryIO

from runtime.errors import ModelError

# How contents are laid out.
_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
# A network has a field for each operator, weight and tensor.
_MOST_FIELDS = 100_000


def read_fields(
    file: BinaryIO, name: str, most: int = _MOST_FIELDS, span: tuple[int, int] | None = None
) -> Iterator[tuple[int, int, int]]:
    """Field number, start and end of the content of each field of the message that a file holds, or its `span` does."""
    position, size = span or (0, file.seek(0, os.SEEK_END))
    for _ in range(most):
        if position >= size:
            return
        file.seek(position)
        key, position = read_varint(file, name)
        kind = key & 7
        if kind == _VARINT:
            start = position
            _, position = read_varint(file, name)
        elif kind == _DELIMITED:
            length, start = read_varint(file, name)
            position = start + length
        elif kind in (_FIXED64, _FIXED32):
            start = position
            position += 8 if kind == _FIXED64 else 4
        else:
            raise ModelError(f"{name}: is no ONNX model, or is damaged; make or copy the file again")
        if position > size:
            raise ModelError(f"{name}: ends after {size} of at least {position} bytes; copy the file again")
        yield key >> 3, start, position
    raise ModelError(f"{name}: is no ONNX model, as it has more than {most:,} parts; make or copy the file again")


def read_varint(file: BinaryIO, name: str) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        byte = file.read(1)
        if not byte:
            break
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value, file.tell()
        shift += 7
    raise ModelError(f"{name}: is no ONNX model, or is damaged; make or copy the file again")


class Message:
    """A message with its fields by number. One that is missing has its default, as protobuf has it: 0, "", no fields.

    It reads from an open file what it is asked for, and no more: weights stay where they are. span: where the message
    lies in it. name: of the file, for the ModelError that is raised for what is no message.
    """

    def __init__(self, file: BinaryIO, name: str, span: tuple[int, int] | None = None) -> None:
        self._file, self._name = file, name
        self._fields: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, start, end in read_fields(file, name, span=span):
            self._fields[number].append((start, end))

    def messages(self, number: int) -> list[Message]:
        return [Message(self._file, self._name, span) for span in self._spans(number)]

    def message(self, number: int) -> Message:
        return Message(self._file, self._name, (self._spans(number) or [(0, 0)])[-1])

    def texts(self, number: int) -> list[str]:
        return [content.decode(errors="replace") for content in self._contents(number)]

    def text(self, number: int) -> str:
        return "".join(self.texts(number)[-1:])

    def numbers(self, number: int) -> list[int]:
        """Whole numbers, packed into one field or each in its own."""
        packed = b"".join(self._contents(number))
        file, numbers = io.BytesIO(packed), []
        while file.tell() < len(packed):
            numbers.append(read_varint(file, self._name)[0])
        return numbers

    def number(self, number: int) -> int:
        return sum(self.numbers(number)[-1:])

    def _spans(self, number: int) -> list[tuple[int, int]]:
        return self._fields.get(number, [])

    def _contents(self, number: int) -> list[bytes]:
        contents = []
        for start, end in self._spans(number):
            self._file.seek(start)
            contents.append(self._file.read(end - start))
        return contents


def delimited(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _DELIMITED) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
