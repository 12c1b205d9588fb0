"""The one kind of JPEG that all decoders read alike, which cameras, phones and programs write by default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

# ITU-T T.81, table B.1; the others are read alike by few decoders.
_START, _END = b"\xff\xd8", b"\xff\xd9"
_FRAME, _HUFFMAN, _SCAN, _QUANTIZATION, _ADOBE, _COMMENT = 0xC0, 0xC4, 0xDA, 0xDB, 0xEE, 0xFE
_NEEDED = {_FRAME, _HUFFMAN, _SCAN, _QUANTIZATION}
_METADATA = {*range(0xE0, 0xF0), _COMMENT}
# What Adobe's metadata says of YCbCr, and where in the segment.
_TRANSFORM, _YCBCR = slice(15, 16), b"\x01"
# How many pixels share their colour, across and down, by a frame header's first component.
_PIXELS = {0x22: "yuvj420p", 0x21: "yuvj422p", 0x11: "yuvj444p"}


class PlainJpeg(NamedTuple):
    """content: a JPEG file without its metadata. width, height: in pixels. pixels: libav's name of how they lie."""

    content: bytes
    width: int
    height: int
    pixels: str


def strip_jpeg(content: bytes) -> PlainJpeg | None:
    """The picture of a JPEG file without anything that is beside it; None where it is not just this:

    a baseline frame of Y, Cb and Cr with all its tables, in one scan without restarts that goes to the end of the file.
    """
    kept: dict[int, bytes] = {}
    tables: set[int] = set()
    end = 0
    for kind, segment, end in _segments(content):  # noqa: B007
        if kind in _NEEDED:
            kept[kind] = kept.get(kind, b"") + segment
        elif kind not in _METADATA or (kind == _ADOBE and segment[_TRANSFORM] != _YCBCR):
            return None
        if kind in (_QUANTIZATION, _HUFFMAN):
            tables |= _table_numbers(kind, segment)
    if kept.keys() != _NEEDED or not _is_ordinary(kept[_FRAME], kept[_SCAN], tables) or not _ends_at_end(content, end):
        return None
    frame = kept[_FRAME]
    height, width = (int.from_bytes(frame[at : at + 2], "big") for at in (5, 7))
    return PlainJpeg(b"".join((_START, *kept.values(), memoryview(content)[end:])), width, height, _PIXELS[frame[11]])


def _segments(content: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Kind, bytes and end of each segment of a file's header, until that of the scan or to where there is none."""
    at, kind = len(_START) if content.startswith(_START) else len(content), 0
    while kind != _SCAN and content[at : at + 1] == b"\xff" and at + 4 <= len(content):
        kind, end = content[at + 1], at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        yield kind, content[at:end], end
        at = end


def _table_numbers(kind: int, segment: bytes) -> set[int]:
    """Of the tables in a segment: the kind of segment times 256, and the number that each has there. None of any where
    one is no code: libjpeg refuses that, libav does not."""
    numbers, at = set(), 4
    while at < len(segment):
        number, counts = segment[at], segment[at + 1 : at + 17]
        at += 65 if kind == _QUANTIZATION else 17 + sum(counts)
        if kind == _HUFFMAN and not _is_code(number, counts, segment[at - sum(counts) : at]):
            return set()
        numbers.add(kind << 8 | number)
    return numbers if at == len(segment) else set()


def _is_code(number: int, counts: bytes, symbols: bytes) -> bool:
    """There may be so many Huffman codes of 1, 2, ... bits, none of which is all ones; those for the means of blocks,
    with numbers below 16, stand for up to 15 bits."""
    code = 0
    for length, count in enumerate(counts, 1):
        code += count
        if code >= 1 << length:
            return False
        code <<= 1
    return number >= 0x10 or max(symbols, default=0) < 16


def _is_ordinary(frame: bytes, scan: bytes, tables: set[int]) -> bool:
    """A frame of 8 bits of the components 1, 2 and 3 (Y, Cb, Cr), a scan of all that is of them, and their tables.

    Quantization tables of 16 bits have numbers above 15, as no component names them.
    """
    if (len(frame), frame[4:5], len(scan), scan[4:5]) != (19, b"\x08", 14, b"\x03") or frame[11] not in _PIXELS:
        return False
    needed = {_QUANTIZATION << 8 | number for number in frame[12::3]}
    for numbers in scan[6:11:2]:
        needed |= {_HUFFMAN << 8 | numbers >> 4, _HUFFMAN << 8 | 0x10 | numbers & 0x0F}
    is_ycbcr = (frame[9:11], frame[13::3], frame[14::3]) == (b"\3\1", b"\2\3", b"\x11\x11")
    return is_ycbcr and needed <= tables and (scan[5:11:2], scan[11:]) == (b"\1\2\3", b"\0\x3f\0")


def _ends_at_end(content: bytes, start: int) -> bool:
    """In the data of a scan from `start` on, the only marker is the end of the picture, which is that of the file."""
    data = np.frombuffer(content, np.uint8, offset=start) if start < len(content) else np.zeros(0, np.uint8)
    marks = np.flatnonzero(data == 0xFF)
    # Within the data, 0xff is followed by 0.
    return content.endswith(_END) and len(marks) > 0 and not data[marks[:-1] + 1].any() and marks[-1] == len(data) - 2
