"""What a USB camera offers on Linux, asked of its driver: pixel formats, sizes, rates."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Any

from runtime.errors import SourceError
from runtime.sources.camera_mode import CameraMode

# linux/videodev2.h. VIDIOC_ENUM_FMT = _IOWR('V', 2, struct v4l2_fmtdesc), which is index, type of buffers, flags,
# description[32], fourcc, mbus_code and reserved[3].
_VIDIOC_ENUM_FMT = 0xC0405602
_FORMAT = struct.Struct("III32s4s16x")
_CAPTURE_BUFFERS = 1
# VIDIOC_ENUM_FRAMESIZES = _IOWR('V', 74, struct v4l2_frmsizeenum): index, fourcc, type; then width and height, or
# least, greatest and step of the width and the same of the height; reserved[2].
_VIDIOC_ENUM_FRAMESIZES = 0xC02C564A
_FRAME_SIZE = struct.Struct("I4sI6I8x")
# VIDIOC_ENUM_FRAMEINTERVALS = _IOWR('V', 75, struct v4l2_frmivalenum): index, fourcc, width, height, type; then
# seconds as a fraction, or the least, the greatest and the step of them; reserved[2].
_VIDIOC_ENUM_FRAMEINTERVALS = 0xC034564B
_FRAME_INTERVAL = struct.Struct("I4sIII6I8x")
_DISCRETE = 1
_MOST_ANSWERS = 1000  # of a driver that never says that it has no more
# What is tried where a driver names no sizes or rates, but a range of them.
_USUAL_SIZES = ((320, 240), (640, 360), (640, 480), (800, 600), (1280, 720), (1920, 1080))
_USUAL_RATES = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 60.0)


def list_modes(device: str, wanted_size: tuple[int, int] | None = None) -> list[CameraMode]:
    """What a camera offers, in its own order; [] where it does not tell.

    Of a range of sizes, those of the usual ones and `wanted_size` that lie in it. Raises SourceError where the camera
    cannot be opened.
    """
    try:
        camera = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        raise SourceError(f"{device}: cannot be opened ({error.strerror}); plug the camera in again") from None
    try:
        tried = (*_USUAL_SIZES, wanted_size) if wanted_size else _USUAL_SIZES
        return [
            CameraMode(name_format(fourcc), *size, _list_rates(camera, fourcc, *size))
            for fourcc in _list_formats(camera)
            for size in _list_sizes(camera, fourcc, tried)
        ]
    finally:
        os.close(camera)


def name_format(fourcc: bytes) -> str:
    """As V4L2's tools name it: the upper bit of the four letters is that of the order of bytes."""
    letters = bytes(letter & 0x7F for letter in fourcc).decode("ascii").strip()
    return f"{letters}-BE" if fourcc[3] & 0x80 else letters


def _list_formats(camera: int) -> Iterator[bytes]:
    for index in range(_MOST_ANSWERS):
        reply = _ask(camera, _VIDIOC_ENUM_FMT, _FORMAT, index, _CAPTURE_BUFFERS, 0, b"", b"")
        if reply is None:
            return
        yield reply[4]


def _list_sizes(camera: int, fourcc: bytes, tried: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    sizes = []
    for index in range(_MOST_ANSWERS):
        reply = _ask(camera, _VIDIOC_ENUM_FRAMESIZES, _FRAME_SIZE, index, fourcc, 0, *[0] * 6)
        if reply is None:
            break
        if reply[2] != _DISCRETE:
            widths, heights = reply[3:6], reply[6:9]
            return [size for size in dict.fromkeys(tried) if _is_in(size[0], *widths) and _is_in(size[1], *heights)]
        sizes.append((reply[3], reply[4]))
    return sizes


def _list_rates(camera: int, fourcc: bytes, width: int, height: int) -> tuple[float, ...]:
    """Frames a second, highest first; of a range of them, its ends and the usual ones in it."""
    rates = set()
    for index in range(_MOST_ANSWERS):
        reply = _ask(camera, _VIDIOC_ENUM_FRAMEINTERVALS, _FRAME_INTERVAL, index, fourcc, width, height, 0, *[0] * 6)
        if reply is None:
            break
        kind, numerator, denominator, longest_numerator, longest_denominator = reply[4:9]
        if not (numerator and denominator):
            continue
        rates.add(denominator / numerator)
        if kind != _DISCRETE:
            slowest = longest_denominator / max(1, longest_numerator)
            return tuple(sorted({*rates, slowest, *_between(slowest, max(rates))}, reverse=True))
    return tuple(sorted(rates, reverse=True))


def _between(least: float, greatest: float) -> list[float]:
    return [rate for rate in _USUAL_RATES if least <= rate <= greatest]


def _is_in(side: int, least: int, greatest: int, step: int) -> bool:
    return least <= side <= greatest and (side - least) % max(1, step) == 0


def _ask(camera: int, request: int, form: struct.Struct, *fields: object) -> tuple[Any, ...] | None:
    """The fields of the driver's answer, None where it has no more of them (or never heard of the request)."""
    import fcntl

    try:
        return form.unpack(fcntl.ioctl(camera, request, form.pack(*fields)))
    except OSError:
        return None
