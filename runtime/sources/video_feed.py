"""Cameras and streams that PyAV reads, as feeds of a live source."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any, Callable

import av
import numpy as np

from runtime.card import ModelCard
from runtime.errors import PictureError, SourceError
from runtime.sources.newest_packet import NewestPackets
from runtime.sources.rtp_pictures import UNPARSED, can_join, join_pictures
from runtime.sources.scaler import VideoScaler
from runtime.sources.video import VideoInput, describe_damage, open_video

# PyAV's own deadline comes after that of the live source: there to end a thread that was left behind, not to judge.
_GRACE_SECONDS = 1.0
# A timestamp further ahead is a jump, one later than this a rest that will not be caught up with: time starts anew.
_LONGEST_PAUSE_SECONDS, _LATEST_SECONDS = 10.0, 1.0


class VideoFeed:
    """See Feed; its pictures are PyAV's frames.

    Args:
        name: what the source is called.
        find_input: what to open, looked for again with each opening; may raise SourceError.
        scaler: which fits the frames.
        timeout: seconds that each opening and each read may take; None for a file.
        is_paced: frames are given at the pace of their timestamps, for what would come faster or in bursts.
        is_rtp: it comes by RTP, whose pictures may be had sooner than FFmpeg's parser gives them.
        interrupt: ends a read that hangs.
    """

    def __init__(
        self,
        name: str,
        find_input: Callable[[], VideoInput],
        scaler: VideoScaler,
        timeout: float | None,
        *,
        is_paced: bool = False,
        is_rtp: bool = False,
        interrupt: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self._interrupt = interrupt
        self._stopped = threading.Event()  # of the newest opening: each has its own
        self._find_input = find_input
        self._scaler = scaler
        self._timeout = timeout
        self._is_paced = is_paced
        self._may_join = is_rtp

    @contextmanager
    def open(self) -> Iterator[Iterator[Any]]:
        deadline = None if self._timeout is None else self._timeout + _GRACE_SECONDS
        stopped = self._stopped = threading.Event()
        wanted = self._find_input()
        with (
            self._open_packets(wanted, deadline, stopped) as (container, packets),
            closing(self._decode(packets, container, wanted, stopped)) as pictures,
        ):
            yield pace(pictures) if self._is_paced else pictures

    @contextmanager
    def _open_packets(
        self, wanted: VideoInput, deadline: float | None, stopped: threading.Event
    ) -> Iterator[tuple[Any, Iterable[Any]]]:
        """Where pictures cannot be joined the stream is opened once more, with FFmpeg's parser, and always so then."""
        if self._may_join:
            as_it_comes = replace(wanted, options={**wanted.options, **UNPARSED})
            with open_video(as_it_comes, deadline, "SLICE") as container:
                codec = container.streams.video[0].codec_context.name
                if can_join(codec):
                    with closing(join_pictures(_read_packets(container, stopped), codec)) as packets:
                        yield container, packets
                    return
            self._may_join = False
        # A packet may lie in the driver's memory: what holds one is gone before that is.
        with (
            open_video(wanted, deadline, "SLICE") as container,
            closing(_read_packets(container, stopped)) as packets,
        ):
            yield container, packets

    def interrupt(self) -> None:
        """Where packets come and no pictures, no read hangs, and nobody else looks whether there is to be an end."""
        self._stopped.set()
        self._interrupt()

    def refit(self, card: ModelCard) -> None:
        self._scaler.refit(card.input, card.fit)

    def fit(self, picture: Any) -> np.ndarray:
        return self._scaler.fit(picture)

    def _decode(
        self, packets: Iterable[Any], container: Any, wanted: VideoInput, stopped: threading.Event
    ) -> Generator[Any, None, None]:
        """Raises PictureError after the last frame of a recording of which some was damaged."""
        comes_on_demand = self._is_paced or wanted.is_recording or wanted.input_format == "lavfi"
        if comes_on_demand:
            yield from self._decode_packets(packets, container, wanted, stopped)
            return
        is_each_whole = container.streams.video[0].codec_context.codec.intra_only
        with NewestPackets(packets, lambda packet: is_each_whole or packet.is_keyframe) as newest:
            for picture in self._decode_packets(newest, container, wanted, stopped):
                if picture is not None:
                    newest.note_picture()
                yield picture
                del picture  # it may lie in the driver's memory, which is wanted for the next one

    def _decode_packets(
        self, packets: Iterable[Any], container: Any, wanted: VideoInput, stopped: threading.Event
    ) -> Generator[Any, None, None]:
        frames = damaged = 0
        decoder = container.streams.video[0].codec_context
        passed_over = False
        for packet in packets:
            if packet is None:
                passed_over = True
                yield None
                continue
            # It still keeps pictures of before, and would miss those in between, which shows with intra refresh.
            # Debian 12's PyAV cannot make it forget them.
            if passed_over and hasattr(decoder, "flush_buffers"):
                decoder.flush_buffers()
            passed_over = False
            try:
                pictures = packet.decode()
            except av.InvalidDataError:
                damaged += 1  # cameras send a damaged picture now and then; the next one will do
                pictures = []
            frames += len(pictures)
            yield from pictures
            if stopped.is_set():
                return
        # RTSP ends like this when its server dies. A playlist (HLS) of known length is a recording, and over.
        is_over = wanted.is_recording or (container.format.name == "hls" and container.duration)
        # FFmpeg's formats of single pictures: image2, png_pipe and the like.
        if not is_over and container.format.name.endswith(("image2", "_pipe")):
            raise SourceError(f"{self.name}: is one picture; expected a stream: the camera's MJPEG or RTSP address")
        if not is_over:
            raise SourceError(f"{self.name}: its stream ended; check that it is on and connected")
        if damaged and wanted.is_recording:
            raise PictureError(describe_damage(self.name, damaged, frames))


def _read_packets(container: Any, stopped: threading.Event) -> Generator[Any, None, None]:
    """Those of the pictures. The sound's are read, too: where nothing else comes any more, no read hangs."""
    video = container.streams.video[0].index
    for packet in container.demux():
        if stopped.is_set():
            return
        if packet.stream.index == video:
            yield packet
        del packet


def pace(
    pictures: Iterable[Any],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Any]:
    """Pictures with a `time` (seconds of their stream, or None), each given when it is due."""
    offset: float | None = None  # from the stream's time to the clock's
    for picture in pictures:
        if picture.time is not None:
            now = clock()
            ahead = 0.0 if offset is None else picture.time + offset - now
            if offset is None or not -_LATEST_SECONDS < ahead < _LONGEST_PAUSE_SECONDS:
                offset, ahead = now - picture.time, 0.0
            if ahead > 0:
                sleep(ahead)
        yield picture
