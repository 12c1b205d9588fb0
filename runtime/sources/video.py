"""Cameras, streams and video files by PyAV."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from runtime.card import ModelCard
from runtime.errors import SourceError
from runtime.frame import Frame
from runtime.sources.latest import Latest
from runtime.sources.scaler import VideoScaler

try:
    import av
except ImportError as error:
    raise SourceError(
        f"cameras and video need PyAV, which is not installed ({error}); pip install av "
        "(32-bit Arm has no wheel: sudo apt install python3-av)"
    ) from None

TEST_PICTURES = "testsrc2=size=1280x720:rate=30,realtime"
TIMEOUT_SECONDS = 5.0
_LIVE_OPTIONS = {"rtsp": {"rtsp_transport": "tcp", "fflags": "nobuffer"}, "http": {"fflags": "nobuffer"}}


class VideoSource:
    """See Source. A file is read frame by frame, as fast as they are taken; of a live source the newest frame is given.

    Args:
        name: what the source is called in messages and results.
        address: what PyAV opens.
        card: whose input and fit the frames are made for.
        input_format: PyAV's name of the input's kind, where the address does not tell (`v4l2`, `lavfi`).
        is_live: a camera or stream, whose frames do not wait.
        timeout: seconds that opening a live source, and then each read, may take.
    """

    is_video = True

    def __init__(
        self,
        name: str,
        address: str,
        card: ModelCard,
        *,
        input_format: str | None = None,
        is_live: bool = False,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self.name = name
        self._is_live = is_live
        self._address = address
        self._format = input_format
        self._timeout = timeout
        self._scaler = VideoScaler(card.input, card.fit)
        self._latest: Latest[tuple[int, float, Any]] | None = None

    def __enter__(self) -> VideoSource:
        if self._is_live:
            self._latest = Latest(self._decode, self.name, 2 * self._timeout)
            self._latest.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._latest is not None:
            self._latest.stop()

    def __iter__(self) -> Iterator[Frame]:
        decoded = iter(self._latest) if self._latest is not None else self._decode(lambda: False)
        for index, captured_at, picture in decoded:
            started = time.monotonic()
            image = self._scaler.fit(picture)
            yield Frame(image, captured_at, index, self.name, is_fitted=True, prepare=time.monotonic() - started)

    def _decode(self, stopped: Callable[[], bool]) -> Iterator[tuple[int, float, Any]]:
        """Number, moment and decoded frame of each frame of the stream."""
        index = -1
        try:
            with self._open() as container:
                for index, picture in enumerate(container.decode(video=0)):
                    if stopped():
                        return
                    yield index, time.monotonic(), picture
        except (av.FFmpegError, OSError, IndexError, ValueError) as error:
            raise SourceError(f"{self.name}: {self._explain(error)}") from None
        if index < 0:
            raise SourceError(f"{self.name}: has no video frames in it")

    def _open(self) -> Any:
        scheme = self._address.partition("://")[0].rstrip("s")
        timeout = (self._timeout, self._timeout) if self._is_live else None
        container = av.open(self._address, format=self._format, options=_LIVE_OPTIONS.get(scheme, {}), timeout=timeout)
        if not container.streams.video:
            container.close()
            raise SourceError(f"{self.name}: has no pictures in it, only {len(container.streams)} other streams")
        container.streams.video[0].thread_type = "SLICE" if self._is_live else "AUTO"
        return container

    def _explain(self, error: Exception) -> str:
        text = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if isinstance(error, av.InvalidDataError):
            return "is no video or picture that can be read, or is damaged"
        if isinstance(error, (PermissionError,)):
            return f"{text}; this user may not read it"
        if self._is_live:
            return f"cannot be read ({text}); check that it is on and connected, and the address"
        return f"cannot be read ({text})"
