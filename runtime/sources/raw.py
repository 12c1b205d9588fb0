"""Frames with nothing around them, as programs write them into a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import av
import numpy as np

from runtime.card import ModelCard
from runtime.errors import SourceError
from runtime.sources.live import LiveSource
from runtime.sources.options import RawFormat
from runtime.sources.request import SourceRequest
from runtime.sources.scaler import VideoScaler
from runtime.sources.source import Source
from runtime.sources.video import VideoSource
from runtime.sources.video_kinds import make_scaler, once

NAME = "standard input"


def open_raw(request: SourceRequest) -> Source:
    """The frames on this process's standard input: each of them, or with options.realtime the newest."""
    request.refuse_camera_mode()
    form = request.options.raw
    assert form is not None
    if sys.stdin is None:
        raise SourceError(f"{NAME} is closed; send frames of --raw {form}")
    # Unbuffered: a buffer's lock, held by a thread that waits for input, would not let the interpreter end.
    stream = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115 (of the process)
    if request.options.realtime:
        return LiveSource(RawFeed(stream, form, make_scaler(request)), once(request).options, request.on_event)
    return VideoSource(NAME, lambda: read_raw(stream, form), make_scaler(request))


class RawFeed:
    """See Feed. A thread takes the frames from the pipe as they come, so that whoever writes them never waits."""

    name = NAME

    def __init__(self, stream: BinaryIO, form: RawFormat, scaler: VideoScaler) -> None:
        self._stream = stream
        self._form = form
        self._scaler = scaler

    @contextmanager
    def open(self) -> Iterator[Iterator[Any]]:
        yield read_raw(self._stream, self._form)

    def interrupt(self) -> None:
        """A pipe that gives nothing ends with the program that writes into it."""

    def refit(self, card: ModelCard) -> None:
        self._scaler.refit(card.input, card.fit)

    def fit(self, picture: Any) -> np.ndarray:
        return self._scaler.fit(picture)


def read_raw(stream: BinaryIO, form: RawFormat) -> Iterator[Any]:
    """The frames of a stream, as PyAV's. Raises SourceError where it ends within one, or before the first."""
    rows = form.height * 3 // 2 if form.pixel_format == "yuv420p" else form.height
    shape = (rows, form.width, 3) if form.pixel_format in ("rgb24", "bgr24") else (rows, form.width)
    count = 0
    while True:
        content = bytearray(form.frame_bytes)
        length = _fill(stream, content)
        if length == form.frame_bytes:
            yield av.VideoFrame.from_ndarray(np.frombuffer(content, np.uint8).reshape(shape), form.pixel_format)
            count += 1
        elif length or not count:
            what = f"frame {count} has {length:,} of {form.frame_bytes:,} bytes" if length else "holds no frame"
            raise SourceError(f"{NAME}: {what}; check that --raw {form} is what is sent")
        else:
            return


def _fill(stream: BinaryIO, content: bytearray) -> int:
    """Read until the buffer is full or the stream ends; how many bytes came."""
    view = memoryview(content)
    length = 0
    while length < len(content):
        read = stream.readinto(view[length:])  # type: ignore[attr-defined]
        if not read:
            break
        length += read
    return length
