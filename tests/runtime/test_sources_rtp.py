"""Pictures joined from what RTP brings, of real encoders' streams by a real server, against what was encoded."""

from __future__ import annotations

import io
import re
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from itertools import islice
from typing import Any

import av
import numpy as np
import pytest

from benchmarks.peers.rtsp_server import RTP_OPTIONS, RtpFile, RtspServer
from runtime.card import Fit, InputSize, ModelCard
from runtime.sources import open_camera
from runtime.sources.rtp_pictures import UNPARSED, join_pictures

CARD = ModelCard("rgb", "mean colour", ("red", "green", "blue"), InputSize(16, 16), Fit())
COUNT, RATE, WHOLE = 90, 25, 10  # pictures; a second; one in so many needs no other one
# The latest one with which a picture is awaited: what is whole twice in ten ends as foretold.
PROVEN = 4 * WHOLE
PROMPT = {"preset": "ultrafast", "tune": "zerolatency", "g": str(WHOLE)}
X265 = f"keyint={WHOLE}:min-keyint={WHOLE}:repeat-headers=1:bframes=0:log-level=none:pools=1"
# Encoder, FFmpeg's name, RTP's name, options.
ONE_SLICE = ("libx264", "h264", "H264", {**PROMPT, "x264-params": "sliced-threads=0"})
FOUR_SLICES = ("libx264", "h264", "H264", {**PROMPT, "x264-params": "sliced-threads=0:slices=4"})
SHORT_SLICES = ("libx264", "h264", "H264", {**PROMPT, "x264-params": "sliced-threads=0:slice-max-size=900"})
LATER_ONES = ("libx264", "h264", "H264", {"preset": "ultrafast", "g": str(WHOLE), "bf": "2"})
FILLED = (
    "libx264",
    "h264",
    "H264",
    {
        **PROMPT,
        "b": "1000000",
        "x264-params": "nal-hrd=cbr:vbv-bufsize=100:vbv-maxrate=1000:bitrate=1000:sliced-threads=0",
    },
)
MARKED = ("libx264", "h264", "H264", {**PROMPT, "x264-params": "sliced-threads=0:aud=1"})
HEVC = ("libx265", "hevc", "H265", {"preset": "ultrafast", "tune": "zerolatency", "x265-params": X265})


def encode(encoder: str, options: dict[str, str]) -> list[Any]:
    """Noise that moves, so that whole pictures have many packets and the others one to some."""
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    with av.open(io.BytesIO(), "w", format="mpegts") as container:
        stream = add_stream(container, encoder, options)
        frames = []
        for number in range(COUNT):
            picture = np.zeros_like(noise)
            picture[: 100 + 40 * (number % 7)] = np.roll(noise, number, axis=1)[: 100 + 40 * (number % 7)] // 8
            frames.append(av.VideoFrame.from_ndarray(picture, "rgb24"))
        return [packet for frame in (*frames, None) for packet in stream.encode(frame)]


def add_stream(container: Any, encoder: str, options: dict[str, str]) -> Any:
    stream = container.add_stream(encoder, rate=RATE, options=options)
    stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
    return stream


class _OneStream(io.RawIOBase):
    """What several muxers write, as one stream: RFC 3550, 5.1."""

    def __init__(self, file: RtpFile) -> None:
        self._file = file
        self._number = 0
        self.index = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        packet = bytearray(data)
        if packet[1] & 127 == 96:
            struct.pack_into(">HII", packet, 2, self._number % 65536, self.index * 90000 // RATE, 1)
            self._number += 1
            self._file.write(packet)
        return len(packet)


def describe_each_slice(picture: Any) -> bytes:
    """As GStreamer's rtph264pay does (config-interval=-1): what describes a stream is before each slice that needs no
    other picture, not only before the first."""
    units = [unit.removesuffix(b"\0") for unit in re.split(b"\0\0\1", bytes(picture)) if unit.strip(b"\0")]
    described = b"".join(b"\0\0\0\1" + unit for unit in units if unit[0] & 31 in (7, 8))
    return b"".join((described if unit[0] & 31 == 5 else b"") + b"\0\0\0\1" + unit for unit in units)


@contextmanager
def served(
    pictures: Sequence[Any],
    kind: tuple[str, str, str, dict[str, str]],
    wait: Callable[[int], object] = lambda index: None,
    packet_sizes: Sequence[int] = (int(RTP_OPTIONS["packetsize"]),) * COUNT,
) -> Iterator[str]:
    """The URL of a server that sends these pictures once; wait: called before each, by its index. packet_sizes: bytes,
    of the packets of each."""
    encoder, _, name, options = kind

    def play(file: RtpFile) -> None:
        one = _OneStream(file)
        with suppress(OSError, av.FFmpegError):
            muxers = {size: av.open(one, "w", format="rtp", options={"packetsize": str(size)}) for size in packet_sizes}
            streams = {size: add_stream(muxers[size], encoder, options) for size in muxers}
            for index, (picture, size) in enumerate(zip(pictures, packet_sizes)):
                packet = av.Packet(bytes(picture))
                packet.stream, packet.time_base = streams[size], Fraction(1, RATE)
                packet.pts = packet.dts = one.index = index
                wait(index)
                muxers[size].mux(packet)

    with RtspServer(play, name) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.url
        server.shutdown()
        thread.join()


def read_joined(url: str, codec: str) -> Iterator[Any]:
    options = {"rtsp_transport": "tcp", "fpsprobesize": "0", **UNPARSED}
    with av.open(url, container_options=options, timeout=(10, 10)) as container:
        for packet in join_pictures(container.demux(), codec):
            if packet.size:
                yield packet


def split_units(picture: Any) -> list[bytes]:
    """Without those that only fill."""
    units = [unit.rstrip(b"\0") for unit in re.split(b"\0\0\1", bytes(picture))]
    return [unit for unit in units if unit and unit[0] & 31 != 12]


@pytest.mark.parametrize(
    "kind",
    [ONE_SLICE, FOUR_SLICES, SHORT_SLICES, LATER_ONES, FILLED, MARKED, HEVC],
    ids=["one slice", "four slices", "short slices", "B-frames", "filled up", "marked", "H.265"],
)
def test_the_pictures_are_those_that_were_encoded(kind: tuple[str, str, str, dict[str, str]]) -> None:
    encoder, codec, _, options = kind
    pictures = encode(encoder, options)
    with served(pictures, kind) as url:
        joined = list(read_joined(url, codec))
    assert len(joined) > COUNT / 2
    expected = [split_units(picture) for picture in pictures]
    start = expected.index(split_units(joined[1])) - 1  # opening takes some, and maybe a part of one
    assert [split_units(picture) for picture in joined[1:]] == expected[start + 1 :]
    needs_no_other = [picture.is_keyframe for picture in pictures[start + 1 :]]
    assert [picture.is_keyframe for picture in joined[1:]] == needs_no_other


@pytest.mark.parametrize(
    "kind",
    [ONE_SLICE, FOUR_SLICES, FILLED, MARKED, HEVC],
    ids=["one slice", "four slices", "filled up", "marked", "H.265"],
)
def test_a_picture_is_there_before_the_next_one_is_sent(kind: tuple[str, str, str, dict[str, str]]) -> None:
    encoder, codec, _, options = kind
    pictures = encode(encoder, options)
    got, changed = [-1], threading.Condition()
    too_late = []

    def wait(index: int) -> None:
        if index > PROVEN:
            with changed:
                if not changed.wait_for(lambda: got[0] >= index - 1, 5 if len(too_late) < 3 else 0):
                    too_late.append(index - 1)
                    got[0] = index - 1

    expected = [split_units(picture) for picture in pictures]
    with served(pictures, kind, wait) as url:
        for picture in read_joined(url, codec):
            with changed:
                got[0] = expected.index(split_units(picture)) if split_units(picture) in expected else got[0]
                changed.notify()
    # The length of the last part is that of the others in one of some 1,400 pictures.
    assert len(too_late) <= 1


def test_where_packets_are_of_many_lengths_no_picture_is_given_early_any_more() -> None:
    encoder, codec, _, options = ONE_SLICE
    pictures = encode(encoder, options)

    packet_sizes = [1400 if index < PROVEN else 700 + index * 37 % 600 for index in range(COUNT)]
    with served(pictures, ONE_SLICE, packet_sizes=packet_sizes) as url:
        joined = [split_units(picture) for picture in read_joined(url, codec)]
    expected = [split_units(picture) for picture in pictures]
    wrong = [index for index, picture in enumerate(joined) if picture not in expected]
    assert len(wrong) <= 2, "the first, of which opening took a part, and the one that was given too early"
    assert joined[-1] == expected[-1]


def test_descriptions_between_slices_do_not_part_a_picture() -> None:
    """FFmpeg's parser gives it as two, the second one over the first."""
    pictures = encode(FOUR_SLICES[0], FOUR_SLICES[3])
    with served([describe_each_slice(picture) for picture in pictures], FOUR_SLICES) as url:
        joined = list(read_joined(url, "h264"))
    expected = [[unit for unit in split_units(picture) if unit[0] & 31 in (1, 5)] for picture in pictures]
    found = [[unit for unit in split_units(picture) if unit[0] & 31 in (1, 5)] for picture in joined]
    start = expected.index(found[1]) - 1
    assert found[1:] == expected[start + 1 :]
    assert [picture.is_keyframe for picture in joined[1:]] == [one.is_keyframe for one in pictures[start + 1 :]]


def test_other_codecs_are_left_to_the_parser() -> None:
    kind = ("mpeg4", "mpeg4", "MP4V-ES", {"g": "5"})
    pictures = encode(kind[0], kind[3])
    with served(pictures, kind) as url, open_camera(url, CARD) as source:
        assert len(list(islice(source, 3))) == 3
