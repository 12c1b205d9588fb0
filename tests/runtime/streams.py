"""An HTTP MJPEG server for tests, which can freeze and die."""

from __future__ import annotations

import io
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

import numpy as np
from PIL import Image


def encode_jpeg(picture: np.ndarray) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(picture).save(encoded, "JPEG", quality=95)
    return encoded.getvalue()


class MjpegServer:
    """Serves one picture again and again as multipart/x-mixed-replace, `rate` times a second, until frozen.

    Unanswered: with `silent`, it takes the connection and never says a word.
    """

    def __init__(self, picture: np.ndarray, rate: float = 25, silent: bool = False) -> None:
        self.frozen = threading.Event()
        self.stopped = threading.Event()
        part = encode_jpeg(picture)
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if silent:
                    server.stopped.wait(60)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                while not server.stopped.is_set():
                    if not server.frozen.is_set():
                        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(part)}\r\n\r\n"
                        try:
                            self.wfile.write(head.encode() + part + b"\r\n")
                        except OSError:
                            return
                    time.sleep(1 / rate)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> MjpegServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
