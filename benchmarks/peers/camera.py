"""A camera in a process of its own, and when it sent each frame."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.worker_process import checkout_environment


@dataclass(frozen=True)
class Camera:
    """url: what it is reached by. sent_at: of its frames so far, the monotonic seconds at which it began to send."""

    url: str
    sent_at: list[float] = field(default_factory=list)


@contextmanager
def serve_camera(photo: Path, rate: int | None = None, kind: str = "mjpeg") -> Iterator[Camera]:
    """Sends a photo again and again, `rate` times a second or as fast as it is taken. kind: see the server."""
    command = [sys.executable, "-m", "benchmarks.peers.camera_server", str(photo), kind]
    command += [str(rate)] if rate else []
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=checkout_environment()
    )
    with process:
        assert process.stdout is not None
        lines = process.stdout
        try:
            url = lines.readline().strip()
            if not url:
                raise BenchmarkError(f"the camera's server ended with exit status {process.wait()}")
            camera = Camera(url)
            reader = threading.Thread(target=lambda: camera.sent_at.extend(map(float, lines)), daemon=True)
            reader.start()
            yield camera
        finally:
            process.kill()
    reader.join()
