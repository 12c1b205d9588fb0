"""How old a camera's frame is when its result is there."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from benchmarks.peers.camera import serve_camera
from benchmarks.peers.claim import AT_MOST, Claim
from benchmarks.peers.numbered import COUNT, read_number
from benchmarks.progress import progress_bar

# Kind of camera, frames a second.
_CAMERAS = (("mjpeg", 10), ("mjpeg", 30), ("mjpeg", 60), ("h264", 10), ("h264", 30), ("mpegts", 30))
_NAMES = {"mjpeg": "MJPEG by HTTP", "h264": "H.264 by RTSP", "mpegts": "H.264 by HTTP"}
_ROUND_SECONDS, _SETTLING_SECONDS = 5.0, 1.0


def compare_ages(model: Path, photo: Path, rounds: int) -> Iterator[Claim]:
    """The age that 95 % of the frames do not reach, counted from when the camera began to send them, against the
    interval of its frames and the network's time."""
    for kind, rate in _CAMERAS:
        camera = f"{_NAMES[kind]}, {rate} frames a second"
        ages, limits = [], []
        with progress_bar(f"age at {camera}", "round") as show:
            for number in range(rounds):
                age, invoke = _measure_age(model, photo, kind, rate)
                ages.append((age,))
                limits.append((1 / rate + invoke,))
                show(number + 1, rounds)
        what = f"p95 age of a 1080p frame, {camera}"
        yield Claim(what, "interval + invoke", tuple(ages), tuple(limits), AT_MOST, 1.0)


def _measure_age(model: Path, photo: Path, kind: str, rate: int) -> tuple[float, float]:
    """Seconds: the 95th percentile of the ages, and the median that the network takes."""
    import runtime

    done: list[tuple[float, int]] = []
    invokes = []
    settled_at = 0.0
    with serve_camera(photo, rate, kind) as camera, closing(runtime.classify(camera.url, model=model)) as results:
        for result in results:
            now = time.monotonic()
            settled_at = settled_at or now + _SETTLING_SECONDS
            if now >= settled_at:
                done.append((now, read_number(result.frame.image)))
                invokes.append(result.timings.invoke)
            if now >= settled_at + _ROUND_SECONDS:
                break
    ages = [now - _sent_last(camera.sent_at, number, now) for now, number in done]
    return float(np.quantile(ages, 0.95)), statistics.median(invokes)


def _sent_last(sent_at: list[float], number: int, now: float) -> float:
    """When the last frame of a number was sent before now."""
    return max(sent for sent in sent_at[number::COUNT] if sent <= now)
