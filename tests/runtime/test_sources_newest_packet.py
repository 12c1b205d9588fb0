"""Which packets are passed over, while a stream gives several for each that a device decodes."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
import pytest

from runtime.sources.newest_packet import NewestPackets
from tests.runtime.results import wait_until

COUNT = 200


class Stream:
    """Gives of its packets as many as it is told to."""

    def __init__(self, packets: list[Any]) -> None:
        self._packets = packets
        self._allowed = threading.Semaphore(0)
        self._asked = self._told = 0

    def __iter__(self) -> Iterator[Any]:
        for packet in self._packets:
            self._asked += 1
            assert self._allowed.acquire(timeout=30)
            yield packet
        self._asked += 1

    def give(self, count: int) -> None:
        """Returns when so many more have been taken."""
        count = min(count, len(self._packets) - self._told)
        self._told += count
        for _ in range(count):
            self._allowed.release()
        wait_until(lambda: self._asked > self._told)


def encode(**coding: str) -> io.BytesIO:
    encoded = io.BytesIO()
    with av.open(encoded, "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", **coding})
        stream.width, stream.height, stream.pix_fmt = 320, 64, "yuv420p"
        for level in range(COUNT):
            picture = av.VideoFrame.from_ndarray(np.full((64, 320, 3), level, np.uint8), "rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    encoded.seek(0)
    return encoded


@pytest.mark.parametrize(
    "coding",
    [
        {"g": "10", "tune": "zerolatency"},
        {"g": "4", "bf": "3"},
        {"g": "20", "tune": "zerolatency", "intra-refresh": "1"},
    ],
    ids=["whole pictures", "pictures kept back for others", "intra refresh"],
)
def test_a_decoder_gets_as_many_packets_as_its_first_picture_takes(coding: dict[str, str]) -> None:
    """Five come for each that is decoded: what comes next is passed over only when some picture was to be seen."""
    decoded, passed, levels = 0, 0, []
    with av.open(encode(**coding), format="mpegts") as container:
        decoder = container.streams.video[0].codec_context
        stream = Stream(list(container.demux(video=0)))
        with NewestPackets(stream, lambda packet: packet.is_keyframe) as packets:
            stream.give(5)
            for packet in packets:
                if packet is None:
                    passed += 1
                    decoder.flush_buffers()
                    continue
                decoded += 1
                pictures = packet.decode()
                levels += [int(picture.to_ndarray(format="rgb24").mean()) for picture in pictures]
                if pictures:
                    packets.note_picture()
                stream.give(5)
    assert passed + decoded >= COUNT
    assert passed > COUNT / 4
    assert (np.diff([0, *levels, COUNT]) < COUNT / 2).all(), f"no pictures came for long: {levels}"


def test_what_reading_raises_comes_where_the_packets_are_taken() -> None:
    def read() -> Iterator[Any]:
        raise OSError("gone")
        yield

    with NewestPackets(read(), lambda packet: True) as packets, pytest.raises(OSError, match="gone"):
        next(iter(packets))
