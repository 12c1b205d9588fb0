"""A camera that sends a photo, numbered: `python -m benchmarks.peers.camera_server PHOTO KIND [RATE]`.

KIND: mjpeg (by HTTP), h264 (by RTSP) or mpegts (H.264 by HTTP); of H.264 a picture in COUNT is a whole one. It prints
its URL. Without a rate (frames a second) it sends them as fast as they are taken; with one, it prints for each frame
the monotonic seconds at which it began to send it.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import av
import numpy as np
from PIL import Image

from benchmarks.peers.numbered import COUNT, encode_jpegs, number_photo
from benchmarks.peers.rtsp_server import RTP_OPTIONS, RtspServer

_BOUNDARY = "frame"
_TYPES = {"mjpeg": f"multipart/x-mixed-replace; boundary={_BOUNDARY}", "mpegts": "video/mp2t"}
# What its time stamps say, where it sends as fast as its frames are taken.
_USUAL_RATE = 30
# As cameras encode: no picture waits for a later one.
_PROMPT = {"preset": "veryfast", "tune": "zerolatency"}


def main(photo: str, kind: str, rate: str = "") -> int:
    with Image.open(photo) as image:
        picture = image.convert("RGB")
    interval = 1 / float(rate) if rate else 0.0
    send = _jpeg_sender(picture) if kind == "mjpeg" else _h264_sender(picture, int(rate or _USUAL_RATE), kind)

    def play(file: Any) -> None:
        due = time.monotonic()
        with contextlib.suppress(OSError, av.FFmpegError):  # it has seen enough
            for _ in send(file):
                time.sleep(max(0.0, due - time.monotonic()))
                due += interval
                if rate:
                    print(time.monotonic(), flush=True)

    with RtspServer(play, "H264") if kind == "h264" else _HttpServer(play, _TYPES[kind]) as server:
        print(server.url, flush=True)
        server.serve_forever()
    return 0


class _HttpServer(HTTPServer):
    """Sends a stream to who asks for anything; see RtspServer."""

    def __init__(self, play: Callable[[Any], None], content_type: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", content_type)
                self.end_headers()
                play(self.wfile)

            def log_message(self, *_: object) -> None:
                return

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/"


def _jpeg_sender(photo: Image.Image) -> Callable[[Any], Iterator[None]]:
    """Makes, of a file, steps: each but the first sends a frame into it."""
    parts = []
    for content in encode_jpegs(photo):
        head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}\r\n\r\n"
        parts.append(head.encode() + content + b"\r\n")

    def send(file: Any) -> Iterator[None]:
        for part in itertools.cycle(parts):
            yield
            file.write(part)

    return send


def _h264_sender(photo: Image.Image, rate: int, kind: str) -> Callable[[Any], Iterator[None]]:
    """As _jpeg_sender; the pictures are encoded once and beforehand, as a camera's chip has them for nothing."""
    contents = _encode_h264(photo, rate)
    form, options = ("rtp", RTP_OPTIONS) if kind == "h264" else ("mpegts", {"flush_packets": "1"})

    def send(file: Any) -> Iterator[None]:
        with av.open(file, "w", format=form, options=options) as container:
            stream = _add_stream(container, photo, rate)
            for index in itertools.count():
                packet = av.Packet(contents[index % COUNT])
                packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, rate), index % COUNT == 0
                packet.pts = packet.dts = index
                yield
                container.mux(packet)

    return send


def _encode_h264(photo: Image.Image, rate: int) -> Sequence[bytes]:
    with av.open(io.BytesIO(), "w", format="mpegts") as container:
        stream = _add_stream(container, photo, rate)
        frames = (av.VideoFrame.from_ndarray(np.asarray(picture), "rgb24") for picture in number_photo(photo))
        return [bytes(packet) for frame in (*frames, None) for packet in stream.encode(frame)]


def _add_stream(container: Any, photo: Image.Image, rate: int) -> Any:
    stream = container.add_stream("libx264", rate=rate, options={**_PROMPT, "g": str(COUNT)})
    stream.width, stream.height, stream.pix_fmt = *photo.size, "yuv420p"
    return stream


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(*sys.argv[1:]))
