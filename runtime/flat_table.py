"""Reading tables of the FlatBuffers format, of which only a handful matter here, by the numbers of their fields.

A table starts with the distance back to its vtable, which has two bytes of size for the vtable, two for the
table, and two for the place of each field in the table (0: the field has its default). Strings, vectors and other
tables are held by distance. A field's number is its place in the table's declaration, from 0:
https://flatbuffers.dev/internals
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from runtime.errors import ModelError


@dataclass(frozen=True)
class Table:
    """A table of a FlatBuffer at `start` of `content`; every field may be missing.

    What points outside the content raises struct.error, IndexError or ModelError.
    """

    content: bytes
    start: int

    @classmethod
    def root(cls, content: bytes) -> Table:
        return cls(content, struct.unpack_from("<I", content)[0])

    def place(self, field: int) -> int:
        """Where the value of a field lies, or 0 where it has its default."""
        vtable = self.start - self._number("<i", self.start)
        entry = 4 + 2 * field
        if entry >= self._number("<H", vtable):
            return 0
        offset = self._number("<H", vtable + entry)
        return self.start + offset if offset else 0

    def number(self, field: int, form: str) -> int:
        """form: of module struct."""
        place = self.place(field)
        return self._number(form, place) if place else 0

    def tables(self, field: int) -> list[Table]:
        return [Table(self.content, place + self._number("<I", place)) for place in self._elements(field, 4)]

    def numbers(self, field: int) -> list[int]:
        return [self._number("<i", place) for place in self._elements(field, 4)]

    def floats(self, field: int) -> tuple[float, ...]:
        places = self._elements(field, 4)
        return struct.unpack_from(f"<{len(places)}f", self.content, places.start) if places else ()

    def table(self, field: int) -> Table | None:
        place = self.place(field)
        return Table(self.content, place + self._number("<I", place)) if place else None

    def count(self, field: int) -> int:
        """How many elements a vector has."""
        return self._vector(field)[1]

    def data(self, field: int) -> bytes:
        places = self._elements(field, 1)
        return self.content[places.start : places.stop]

    def text(self, field: int) -> str:
        return self.data(field).decode(errors="replace")

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
