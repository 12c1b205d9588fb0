"""A camera that sends a photo by HTTP, numbered: `python -m benchmarks.peers.camera_server PHOTO CODEC [RATE]`.

CODEC: mjpeg, or h264 (an MPEG transport stream, a whole picture in COUNT). It prints its URL. Without a rate (frames a
second) it sends them as fast as they are taken; with one, it prints for each frame the monotonic seconds at which it
began to send it.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import av
import numpy as np
from PIL import Image

from benchmarks.peers.numbered import COUNT, encode_jpegs, number_photo

_BOUNDARY = "frame"
_TYPES = {"mjpeg": f"multipart/x-mixed-replace; boundary={_BOUNDARY}", "h264": "video/mp2t"}
# What its time stamps say, where it sends as fast as its frames are taken.
_USUAL_RATE = 30
# As cameras encode: no picture waits for a later one.
_PROMPT = {"preset": "veryfast", "tune": "zerolatency"}


def main(photo: str, codec: str, rate: str = "") -> int:
    with Image.open(photo) as image:
        picture = image.convert("RGB")
    parts = _jpeg_parts(picture) if codec == "mjpeg" else _transport_parts(picture, int(rate or _USUAL_RATE))
    interval = 1 / float(rate) if rate else 0.0

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", _TYPES[codec])
            self.end_headers()
            due = time.monotonic()
            with contextlib.suppress(OSError):
                for part in parts:
                    time.sleep(max(0.0, due - time.monotonic()))
                    due += interval
                    if rate:
                        print(time.monotonic(), flush=True)
                    self.wfile.write(part)

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Camera) as server:
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()
    return 0


def _jpeg_parts(photo: Image.Image) -> Iterator[bytes]:
    parts = []
    for content in encode_jpegs(photo):
        head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}\r\n\r\n"
        parts.append(head.encode() + content + b"\r\n")
    return itertools.cycle(parts)


def _transport_parts(photo: Image.Image, rate: int) -> Iterator[bytes]:
    """The pictures encoded once and beforehand, as a camera's chip has them for nothing; only their time goes on."""
    sent = io.BytesIO()
    container = av.open(sent, "w", format="mpegts", options={"flush_packets": "1"})
    stream = container.add_stream("libx264", rate=rate, options={**_PROMPT, "g": str(COUNT)})
    stream.width, stream.height, stream.pix_fmt = *photo.size, "yuv420p"
    packets = [
        packet
        for picture in number_photo(photo)
        for packet in stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), "rgb24"))
    ]
    packets += stream.encode()

    def send(index: int) -> bytes:
        first = packets[index % COUNT]
        packet = av.Packet(bytes(first))
        packet.stream, packet.time_base, packet.is_keyframe = stream, first.time_base, first.is_keyframe
        packet.pts = packet.dts = round(index / rate / first.time_base)
        sent.seek(0)
        sent.truncate()
        container.mux(packet)
        return sent.getvalue()

    return map(send, itertools.count())


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(*sys.argv[1:]))
