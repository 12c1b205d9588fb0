"""Video by PyAV: what is opened, how, and a file of it frame by frame."""

from __future__ import annotations

import errno
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Callable

import av

from runtime.card import ModelCard
from runtime.errors import PictureError, SourceError
from runtime.frame import Frame
from runtime.picture import MAX_PIXELS
from runtime.sources.request import OnError
from runtime.sources.scaler import VideoScaler

# FFmpeg's option: it refuses to decode larger ones, before their memory is taken.
_LIMIT = {"max_pixels": str(MAX_PIXELS)}
# Opening decodes the first pictures, with a decoder of its own: it is told as well. But PyAV before 17.1 crashes when
# told, where streams turn up only while they are looked for (FLV, MPEG-1).
_LIMIT_OF_OPENING = _LIMIT if tuple(map(int, av.__version__.split(".")[:2])) >= (17, 1) else {}


@dataclass(frozen=True)
class VideoInput:
    """What PyAV opens. name: for messages, without credentials. address: a path, a URL, or what the format takes.

    input_format: PyAV's name of the input's kind, where the address does not tell (`v4l2`, `lavfi`).
    options: of that format, as FFmpeg names them. is_recording: it has an end, at which nothing is wrong.
    """

    name: str
    address: str
    input_format: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    is_recording: bool = False


@contextmanager
def open_video(wanted: VideoInput, timeout: float | None, threads: str) -> Iterator[Any]:
    """The container of an input that has pictures in it; what goes wrong within the context becomes SourceError.

    timeout: seconds that opening it, and each read, may take. threads: PyAV's `thread_type`: AUTO decodes several
    frames at once, each of which comes later for it; SLICE does not.
    """
    deadlines = None if timeout is None else (timeout, timeout)
    try:
        container = av.open(
            wanted.address,
            format=wanted.input_format,
            options=_LIMIT_OF_OPENING,
            container_options=wanted.options,
            timeout=deadlines,
        )
        with container:
            if not container.streams.video:
                raise SourceError(f"{wanted.name}: has no pictures in it, only {len(container.streams)} other streams")
            container.streams.video[0].thread_type = threads
            container.streams.video[0].codec_context.options = dict(_LIMIT)
            try:
                yield container
            except Exception as error:
                # A camera's pictures lie in memory that is gone when the container is closed; a traceback holds them.
                traceback.clear_frames(error.__traceback__)
                raise
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise SourceError(f"{wanted.name}: {_explain(error, wanted)}") from None


def read_video(wanted: VideoInput, timeout: float | None = None) -> Iterator[Any]:
    """Every frame of a recording, as PyAV's; what is damaged is passed over. Raises SourceError where it cannot be read
    or has none, and, after the last frame, where some of it was damaged.

    timeout: seconds that opening it and each read may take, where it comes from afar.
    """
    frames = damaged = 0
    with open_video(wanted, timeout, "AUTO") as container:
        for packet in container.demux(video=0):
            try:
                pictures = packet.decode()
            except av.InvalidDataError:
                damaged += 1
                continue
            for picture in pictures:
                frames += 1
                yield picture
    if damaged:
        raise SourceError(describe_damage(wanted.name, damaged, frames))
    if not frames:
        raise SourceError(f"{wanted.name}: has no video frames in it")


def describe_damage(name: str, damaged: int, frames: int) -> str:
    """What is told of a recording after its last frame."""
    return f"{name}: {damaged} parts of it are damaged, {frames} frames were read; copy it again"


class VideoSource:
    """Every frame of a video, in order and as fast as they are taken; see Source.

    read: gives its frames from the first one on, as PyAV's, each time that the source is iterated.
    on_error: told of what cannot be read of it; without it that raises.
    """

    is_video, is_live = True, False

    def __init__(
        self, name: str, read: Callable[[], Iterator[Any]], scaler: VideoScaler, on_error: OnError | None = None
    ) -> None:
        self.name = name
        self._read = read
        self._scaler = scaler
        self._on_error = on_error

    def __enter__(self) -> VideoSource:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def refit(self, card: ModelCard) -> None:
        self._scaler.refit(card.input, card.fit)

    def __iter__(self) -> Iterator[Frame]:
        try:
            yield from self._fit_all()
        except SourceError as error:
            if self._on_error is None:
                raise
            self._on_error(PictureError(str(error)))

    def _fit_all(self) -> Iterator[Frame]:
        recorded_at = None
        for index, picture in enumerate(self._read()):
            started = time.monotonic()
            image = self._scaler.fit(picture)
            prepare = time.monotonic() - started
            # One without a time of its own, as AVI has some, is about as late as the one before.
            recorded_at = recorded_at if picture.time is None else picture.time
            yield Frame(image, started, index, self.name, is_fitted=True, prepare=prepare, recorded_at=recorded_at)


def _explain(error: Exception, wanted: VideoInput) -> str:
    text = getattr(error, "strerror", None) or type(error).__name__  # str(error) may hold the address
    if isinstance(error, av.InvalidDataError):
        return "is no video or picture that can be read, or is damaged"
    if isinstance(error, PermissionError):
        return f"{text}; this user may not read it"
    if getattr(error, "errno", None) == errno.EBUSY:
        return f"cannot be read ({text}); another program reads it, which is named by: fuser -v {wanted.address}"
    if wanted.is_recording and getattr(error, "errno", None) == errno.EINVAL:
        return f"cannot be decoded, or has more than {MAX_PIXELS:,} pixels; make it smaller first, or save it again"
    if wanted.is_recording:
        return f"cannot be read ({text})"
    return f"cannot be read ({text}); check that it is on and connected, and the address"
