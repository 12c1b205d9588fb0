"""A USB camera on Linux without PyAV, which has no wheel for 32-bit Arm: the kernel's own interface, and Pillow.

The structures are those of linux/videodev2.h, whose sizes differ between 32 and 64 bits with that of a C long.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import select
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from runtime.card import ModelCard
from runtime.errors import PictureError, SourceError
from runtime.image import Picture, least_size
from runtime.picture import open_reduced
from runtime.sources.camera_mode import USUAL_RATE, CameraMode, choose_mode
from runtime.sources.fitting import fit_view
from runtime.sources.live import LiveSource
from runtime.sources.options import SourceOptions
from runtime.sources.request import SourceRequest
from runtime.sources.source import Source
from runtime.sources.v4l2 import SoughtCamera
from runtime.sources.v4l2_modes import list_modes

# By the kernel's names: what becomes a picture without a library for colours. Almost every webcam gives MJPG.
READABLE = ("MJPG", "JPEG", "RGB3", "GREY")
# The live source's deadline comes first; this one ends a thread that was left behind.
_GRACE_SECONDS = 1.0
_BUFFERS = 4
_CAPTURE, _MAPPED, _ANY_FIELD = 1, 1, 0
# struct v4l2_format: type; width, height, fourcc, field, bytesperline, sizeimage of its v4l2_pix_format; the rest.
_FORMAT = struct.Struct("@I0L2I4s3I176s0L")
# v4l2_streamparm: type; capability, capturemode, seconds a frame as a fraction; the rest.
_RATE = struct.Struct("@5I184s")
# v4l2_requestbuffers: count, type, memory, capabilities; the rest.
_REQUEST = struct.Struct("@4I4x")
# v4l2_buffer: index, type, bytesused, flags, field, time, timecode, sequence, memory, offset, length; the rest.
_BUFFER = struct.Struct("@5I2l16s2IL3I0L")
_NO_BUFFER = (0, 0, 0, 0, 0, b"", 0)
_STREAMON = 0x40045612  # _IOW('V', 18, int)


@dataclass(frozen=True)
class Shot:
    """What the driver gave of one picture. width, height: pixels. stride: bytes of a row, 0 where compressed."""

    content: bytes
    pixel_format: str
    width: int
    height: int
    stride: int


def open_without_pyav(request: SourceRequest) -> Source:
    """As usb_camera.open_usb_camera."""
    camera = SoughtCamera(request.spec)
    if not request.options.wait:
        camera.find()
    feed = CaptureFeed(camera, request.card, request.options)
    return LiveSource[Picture](feed, request.options, request.on_event)


class CaptureFeed:
    """See Feed."""

    def __init__(self, camera: SoughtCamera, card: ModelCard, options: SourceOptions) -> None:
        self.name = camera.name
        self.interrupt = camera.interrupt
        self._camera = camera
        self._card = card
        self._options = options

    @contextmanager
    def open(self) -> Iterator[Iterator[Optional[Picture]]]:
        device = self._camera.find()
        modes = [mode for mode in list_modes(device, self._options.camera_size) if mode.pixel_format in READABLE]
        if not modes:
            raise SourceError(
                f"{device}: offers none of {', '.join(READABLE)}, which are read without PyAV; "
                "pip install av (32-bit Arm: sudo apt install python3-av)"
            )
        mode = choose_mode(device, modes, self._options, self._card.input)
        rate = mode.nearest_rate(self._options.camera_fps or USUAL_RATE)
        try:
            with capture(device, mode, rate, self._options.timeout + _GRACE_SECONDS) as shots:
                yield self._read(shots)
        except OSError as error:
            raise SourceError(
                f"{self.name}: cannot be read ({error.strerror}); check that it is connected, and read by nothing else"
            ) from None

    def refit(self, card: ModelCard) -> None:
        self._card = card

    def fit(self, picture: Picture) -> np.ndarray:
        card = self._card
        return fit_view(picture, card.input, card.fit, self._options.view)

    def _read(self, shots: Iterator[Optional[Shot]]) -> Iterator[Optional[Picture]]:
        for shot in shots:
            if shot is None:
                yield None
                continue
            least = None if self._options.view.crop else least_size(self._card.input, self._card.fit)
            with contextlib.suppress(PictureError):  # cameras send a damaged one now and then; the next one will do
                yield read_shot(shot, least)


def read_shot(shot: Shot, least: tuple[int, int] | None) -> Picture:
    """The picture; `least` as runtime.picture.open_reduced takes it. Raises PictureError for a damaged one."""
    if shot.pixel_format in ("MJPG", "JPEG"):
        return open_reduced(shot.content, least)
    channels = 3 if shot.pixel_format == "RGB3" else 1
    if len(shot.content) < shot.stride * shot.height:
        raise PictureError(f"a frame of {len(shot.content):,} of {shot.stride * shot.height:,} bytes")
    rows = np.frombuffer(shot.content, np.uint8, shot.stride * shot.height).reshape(shot.height, shot.stride)
    return rows[:, : shot.width * channels].reshape(shot.height, shot.width, channels)


@contextmanager
def capture(device: str, mode: CameraMode, rate: float, timeout: float) -> Iterator[Iterator[Optional[Shot]]]:
    """The newest picture of a camera in a mode each time, before it None for each that was passed over.

    Raises OSError, TimeoutError after `timeout` seconds.
    """
    with ExitStack() as stack:
        camera = os.open(device, os.O_RDWR | os.O_NONBLOCK)
        stack.callback(os.close, camera)
        fourcc = mode.pixel_format.encode()
        asked = _ask(camera, 5, _FORMAT, _CAPTURE, mode.width, mode.height, fourcc, _ANY_FIELD, 0, 0, b"")
        _, width, height, given, _, stride, _, _ = asked
        if given != fourcc:
            raise OSError(0, f"it gives {given.decode('ascii', 'replace')}, not {mode.pixel_format}")
        if mode.rates:
            _ask(camera, 22, _RATE, _CAPTURE, 0, 0, 1000, round(rate * 1000), b"")
        count = _ask(camera, 8, _REQUEST, _BUFFERS, _CAPTURE, _MAPPED, 0)[0]
        buffers = [_map_buffer(camera, index) for index in range(count)]
        for buffer in buffers:
            stack.callback(buffer.close)
        for index in range(count):
            _ask(camera, 15, _BUFFER, index, _CAPTURE, *_NO_BUFFER, _MAPPED, 0, 0, 0, 0)
        _start(camera)
        yield _take_shots(camera, buffers, (mode.pixel_format, width, height, stride), timeout)


def _take_shots(
    camera: int, buffers: list[mmap.mmap], form: tuple[str, int, int, int], timeout: float
) -> Iterator[Optional[Shot]]:
    while True:
        if not select.select([camera], [], [], timeout)[0]:
            raise TimeoutError(0, f"no frame for {timeout:g} s")
        taken = _ask(camera, 17, _BUFFER, 0, _CAPTURE, *_NO_BUFFER, _MAPPED, 0, 0, 0, 0)
        index, used = taken[0], taken[2]
        is_newest = not select.select([camera], [], [], 0)[0]
        content = buffers[index][:used] if is_newest else b""
        _ask(camera, 15, _BUFFER, index, _CAPTURE, *_NO_BUFFER, _MAPPED, 0, 0, 0, 0)
        if used:  # none where the driver lost it
            yield Shot(content, *form) if is_newest else None


def _map_buffer(camera: int, index: int) -> mmap.mmap:
    *_, offset, length, _, _ = _ask(camera, 9, _BUFFER, index, _CAPTURE, *_NO_BUFFER, _MAPPED, 0, 0, 0, 0)
    return mmap.mmap(camera, length, mmap.MAP_SHARED, mmap.PROT_READ, offset=offset)


def _start(camera: int) -> None:
    import fcntl

    fcntl.ioctl(camera, _STREAMON, struct.pack("i", _CAPTURE))


def _ask(camera: int, number: int, form: struct.Struct, *fields: object) -> tuple[Any, ...]:
    """The driver's answer to _IOWR('V', number, a structure of this form)."""
    import fcntl

    request = 0xC0000000 | form.size << 16 | ord("V") << 8 | number
    return form.unpack(fcntl.ioctl(camera, request, form.pack(*fields)))
