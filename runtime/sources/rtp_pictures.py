"""Whole pictures of H.264 and H.265 from what RTP brings, each as soon as its last part is here.

FFmpeg's parser takes a picture to have ended when the next one begins, so each comes an interval late. RTP marks the
last packet of a picture, but FFmpeg does not hand the mark on. So the end is foretold: who cuts a slice of a picture
into packets makes them equally long, but for the last one, and who cuts pictures into slices makes equally many. Of a
stream in which that once did not hold, each picture is given when the next one begins after all.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any, Callable, Optional

import av

# FFmpeg's options for packets that stay as they came.
UNPARSED = {"fflags": "nobuffer+noparse+nofillin"}
# FFmpeg puts it before each unit of a stream; in a unit it is not found. Behind it is the unit's head.
_START = b"\0\0\0\1"
_UNITS = re.compile(_START + b"(?=(.{1,3}))", re.DOTALL)
# So many pictures in a row, with one that needs no other among them, have to end as foretold before one is given early.
_PROOF = 10
# Bytes: as long as a network's packets are not known, what is shorter was not cut.
_SHORTEST_CUT = 1000
# Bytes: no picture is longer.
_LONGEST_PICTURE = 32_000_000


@dataclass(frozen=True)
class _Codec:
    """How to read the head of a unit (ITU-T H.264, 7.3.1; H.265, 7.3.1.2).

    kind_of: its kind, from its first byte. head: its bytes; behind that of a slice, the first bit says that it is the
    first one of its picture. slices: kinds of slices. keys: those of pictures that need no other, and what describes
    them.
    """

    kind_of: Callable[[int], int]
    head: int
    slices: frozenset[int]
    keys: frozenset[int]


_H264 = _Codec(lambda byte: byte & 31, 1, frozenset({1, 5}), frozenset({5, 7}))
_H265 = _Codec(lambda byte: byte >> 1 & 63, 2, frozenset(range(32)), frozenset({*range(16, 22), 33}))
_CODECS = {"h264": _H264, "hevc": _H265}


def can_join(codec: str) -> bool:
    """Of the others FFmpeg's parser is to find the pictures. codec: FFmpeg's name."""
    return codec in _CODECS


def join_pictures(packets: Iterable[Any], codec: str) -> Generator[Any, None, None]:
    """PyAV's packets of one picture each; `is_keyframe` where it needs no other one.

    packets: PyAV's, as read with UNPARSED: each with what came in one packet of RTP, an empty one at the end.
    codec: FFmpeg's name of one that `can_join`.
    """
    picture, foresight = _Picture(), _Foresight()
    for packet in packets:
        part = _read_part(bytes(packet), _CODECS[codec])
        if picture.slices and (part.is_opening or not part.data):
            if not picture.is_given:
                yield picture.pack(packet.stream)
            foresight.learn(picture)
            picture = picture.begin_next()
        if not part.data:
            yield packet
            return
        foresight.judge(part)
        picture.add(part, is_slice=foresight.is_in_slice)
        if foresight.sees_whole(picture, part) and not picture.is_given:
            yield picture.pack(packet.stream)


@dataclass(frozen=True)
class _Part:
    """What one packet brought.

    units: that begin in it; none where it goes on with the one before. slices: of these. ends_in_slice: the last one is
    one. is_opening: the first slice in it is that of a picture. is_key: of one that needs no other. length: bytes of
    the last unit in it, without the head.
    """

    data: bytes
    units: int
    slices: int
    ends_in_slice: bool
    is_opening: bool
    is_key: bool
    length: int


def _read_part(data: bytes, codec: _Codec) -> _Part:
    units = list(_UNITS.finditer(data)) if data.startswith(_START) else []
    if not units:
        return _Part(data, 0, 0, False, False, False, len(data))
    kinds = [codec.kind_of(unit[1][0]) for unit in units]
    slices = [unit[1] for unit, kind in zip(units, kinds) if kind in codec.slices]
    return _Part(
        data,
        len(units),
        len(slices),
        kinds[-1] in codec.slices,
        bool(slices) and slices[0][codec.head : codec.head + 1] >= b"\x80",
        not codec.keys.isdisjoint(kinds),
        len(data) - units[-1].end() - codec.head,
    )


class _Picture:
    """What came of a picture so far, and behind its slices what may be the next one's: servers put descriptions between
    slices, too. What comes of its slices once it was given is of no use any more.
    """

    def __init__(self, ahead: Iterable[_Part] = ()) -> None:
        self.slices = 0
        self.is_from_start = self.is_given = False
        self._parts = list(ahead)
        self._behind: list[_Part] = []
        self._size = 0

    @property
    def is_key(self) -> bool:
        return any(part.is_key for part in self._parts)

    def add(self, part: _Part, *, is_slice: bool) -> None:
        self.is_from_start |= part.is_opening
        self._size += len(part.data)
        if self._size > _LONGEST_PICTURE:
            return
        self._behind.append(part)
        if part.slices or is_slice or not self.slices:
            self._parts += self._behind
            self._behind.clear()
        self.slices += part.slices

    def begin_next(self) -> _Picture:
        return _Picture(self._behind)

    def pack(self, stream: Any) -> Any:
        self.is_given = True
        packet = av.Packet(b"".join(part.data for part in self._parts))
        packet.stream, packet.is_keyframe = stream, self.is_key
        return packet


class _Foresight:
    """Whether a stream's pictures end as those before did."""

    def __init__(self) -> None:
        self._slices: Optional[int] = None  # of a picture
        self._cut: Optional[int] = None  # the shortest length that was gone on with
        self._last_length = 0
        self.is_in_slice = self._seems_whole = False  # is_in_slice: the last packet was of one
        self._proofs = 0
        self._is_proven = self._is_refuted = False

    def judge(self, part: _Part) -> None:
        """What seemed whole was not, if more of a slice, of the same picture, comes after it."""
        if part.units:
            self.is_in_slice = part.ends_in_slice
        else:
            self._cut = min(self._cut or self._last_length, self._last_length)
        if part.slices or self.is_in_slice:
            self._is_refuted |= self._seems_whole
        self._last_length = part.length

    def sees_whole(self, picture: _Picture, last: _Part) -> bool:
        if self.is_in_slice:  # else it is what fills up the time, behind the slices
            self._seems_whole = picture.slices == self._slices and last.length < (self._cut or _SHORTEST_CUT)
        return self._seems_whole and self._is_proven and not self._is_refuted

    def learn(self, picture: _Picture) -> None:
        """From one that has ended."""
        if picture.is_from_start:
            self._is_refuted |= self._slices not in (None, picture.slices)
            self._slices = picture.slices
        self._proofs = self._proofs + 1 if self._seems_whole else 0
        self._is_proven |= picture.is_key and self._proofs > _PROOF
        self._seems_whole = False
