"""Servers of video for tests, which can be killed, frozen and brought back.

As a program, `python -m tests.runtime.streams PORT` serves a moving picture as HTTP MJPEG.
"""

from __future__ import annotations

import contextlib
import io
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from typing_extensions import Self

ROOT = Path(__file__).parent.parent.parent
MJPEG_COMMAND = (sys.executable, "-m", "tests.runtime.streams")
# FFmpeg's options: what is muxed is sent, and no stream waits for another.
_AT_ONCE = {"flush_packets": "1", "max_interleave_delta": "1"}
_SOUND_RATE = 16000
RTSP_COMMAND = ("/usr/bin/python3", "tests/runtime/rtsp_server.py")


def encode_jpeg(picture: np.ndarray) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(picture).save(encoded, "JPEG", quality=95)
    return encoded.getvalue()


def _silence(seconds: float) -> av.AudioFrame:
    silence = np.zeros((1, round(seconds * _SOUND_RATE)), np.int16)
    frame = av.AudioFrame.from_ndarray(silence, "s16", "mono")
    frame.sample_rate = _SOUND_RATE
    return frame


class _HttpServer:
    """Answers each request in a thread of its own, from entering the server to leaving it. Its handler ends when it is
    `stopped`, sends nothing while it is `frozen`, and counts what it has `sent`."""

    def __init__(self, handler: Callable[..., BaseHTTPRequestHandler], port: int = 0) -> None:
        self.stopped = threading.Event()
        self.frozen = threading.Event()
        self.sent = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


class _QuietFiles(_Quiet, SimpleHTTPRequestHandler):
    """The files of a folder."""


class MjpegServer(_HttpServer):
    """Serves pictures one after the other, again and again, as multipart/x-mixed-replace, `rate` times a second, and
    none while it is `frozen`. With `silent`, it takes the connection and never says a word.
    """

    def __init__(self, *pictures: np.ndarray, rate: float = 25, silent: bool = False, port: int = 0) -> None:
        self.parts = [encode_jpeg(picture) for picture in pictures]
        server = self

        class Handler(_Quiet):
            def do_GET(self) -> None:
                if silent:
                    server.stopped.wait(60)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                while not server.stopped.wait(1 / rate):
                    if server.frozen.is_set():
                        continue
                    part = server.parts[server.sent % len(server.parts)]
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(part)}\r\n\r\n"
                    server.sent += 1
                    try:
                        self.wfile.write(head.encode() + part + b"\r\n")
                    except OSError:
                        return

        super().__init__(Handler, port)
        self.url += "/"


class TransportServer(_HttpServer):
    """Serves pictures one after the other, again and again, as an MPEG transport stream whose every `whole`-th picture
    is a whole one, the others the difference from the one before; `rate` times a second. Beside them goes a silent
    sound, alone while the stream is `frozen`. Or as FLV, without a sound.
    """

    def __init__(self, *pictures: np.ndarray, rate: int, whole: int, is_flv: bool = False) -> None:
        server = self

        class Handler(_Quiet):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                with (
                    contextlib.suppress(OSError),
                    av.open(self.wfile, "w", format="flv" if is_flv else "mpegts", options=_AT_ONCE) as container,
                ):
                    stream = container.add_stream("flv" if is_flv else "mpeg2video", rate=rate)
                    (stream.height, stream.width), stream.pix_fmt = pictures[0].shape[:2], "yuv420p"
                    stream.gop_size, stream.max_b_frames = whole, 0
                    sound = None if is_flv else container.add_stream("mp2", rate=_SOUND_RATE, layout="mono")
                    while not server.stopped.wait(1 / rate):
                        if sound:
                            container.mux(sound.encode(_silence(1 / rate)))
                        if server.frozen.is_set():
                            continue
                        picture = pictures[server.sent % len(pictures)]
                        server.sent += 1
                        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))

        super().__init__(Handler)
        self.url += "/"


class FileServer(_HttpServer):
    """Serves the files of a folder by HTTP."""

    def __init__(self, folder: Path) -> None:
        super().__init__(partial(_QuietFiles, directory=str(folder)))


class ServerProcess:
    """A server of video in a process of its own: `command PORT`, which writes a line when it listens."""

    def __init__(self, command: Sequence[str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._command = [*command, str(self.port)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), f"{self._command} did not start"

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


def main(port: int) -> None:
    moving = [np.full((120, 160, 3), level, np.uint8) for level in range(0, 250, 10)]
    with MjpegServer(*moving, port=port) as server:
        print(server.url, flush=True)
        while True:
            time.sleep(60)


if __name__ == "__main__":
    main(int(sys.argv[1]))
