"""A camera that sends a photo by HTTP, numbered: `python -m benchmarks.peers.camera_server PHOTO [RATE]`.

It prints its URL. Without a rate (frames a second) it sends them as fast as they are taken; with one, it prints for
each frame the monotonic seconds at which it began to send it.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from PIL import Image

from benchmarks.peers.numbered import encode_numbered

_BOUNDARY = "frame"


def main(photo: str, rate: str = "") -> int:
    with Image.open(photo) as image:
        parts = [_part(content) for content in encode_numbered(image)]
    interval = 1 / float(rate) if rate else 0.0

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
            self.end_headers()
            due = time.monotonic()
            with contextlib.suppress(OSError):
                for part in itertools.cycle(parts):
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


def _part(content: bytes) -> bytes:
    head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content + b"\r\n"


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(*sys.argv[1:]))
