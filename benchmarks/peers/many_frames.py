"""Frames of a video and pictures of a folder on two cores, against a sequential loop over them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from benchmarks.errors import BenchmarkError
from benchmarks.interleave import interleave
from benchmarks.peers.camera import serve_camera
from benchmarks.peers.claim import AT_LEAST, Claim
from benchmarks.peers.frames import read_frames
from benchmarks.progress import progress_bar
from benchmarks.worker_process import checkout_environment

_VIDEO_BAR, _FOLDER_BAR = 1.5, 3.0
_VIDEO_FRAMES, _VIDEO_RATE = 150, 30
_PICTURE_SIZE, _QUALITY = (1280, 720), 90


def compare_videos(model: Path, photo: Path, folder: Path, rounds: int) -> Iterator[Claim]:
    """1080p MJPEG, from a file and by HTTP as fast as it is taken."""
    file = folder / "video.avi"
    write_video(photo, file)
    yield _compare(_Work("a 1080p MJPEG file", "video", str(file), _VIDEO_FRAMES, _VIDEO_BAR), model, rounds)
    with serve_camera(photo) as camera:
        yield _compare(_Work("1080p MJPEG by HTTP", "video", camera.url, _VIDEO_FRAMES, _VIDEO_BAR), model, rounds)


def compare_folders(model: Path, photo: Path, folder: Path, rounds: int, pictures: int) -> Iterator[Claim]:
    """A folder of so many 720p JPEGs."""
    within = folder / "pictures"
    within.mkdir()
    with Image.open(photo) as image:
        image.convert("RGB").resize(_PICTURE_SIZE).save(within / "0.jpg", quality=_QUALITY)
    for number in range(1, pictures):
        os.link(within / "0.jpg", within / f"{number}.jpg")
    what = f"a folder of {pictures:,} 720p JPEGs"
    yield _compare(_Work(what, "pictures", str(within), pictures, _FOLDER_BAR), model, rounds)


def write_video(photo: Path, file: Path) -> None:
    """The frames of benchmarks.peers.frames, again and again, as MJPEG."""
    import av

    frames = read_frames(photo)
    with av.open(str(file), "w") as container:
        stream = container.add_stream("mjpeg", rate=_VIDEO_RATE)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuvj420p"
        stream.codec_context.options = {"q": "3"}
        for number in range(_VIDEO_FRAMES):
            frame = av.VideoFrame.from_ndarray(frames[number % len(frames)], "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@dataclass(frozen=True)
class _Work:
    """frames: of the source, which is a kind for benchmarks.peers.throughput. bar: how many times longer the
    sequential loop has to take."""

    what: str
    kind: str
    source: str
    frames: int
    bar: float


def _compare(work: _Work, model: Path, rounds: int) -> Claim:
    """By the clock, for a frame."""
    seconds: dict[str, list[tuple[float, ...]]] = {"edgeframe": [], "sequential": []}
    with progress_bar(work.what, "round") as show:
        for who in interleave(seconds, rounds, show):
            seconds[who].append((_measure(who, work, model),))
    ours, theirs = (tuple(seconds[who]) for who in ("edgeframe", "sequential"))
    return Claim(f"sequential loop over {work.what}", "edgeframe, 2 cores", theirs, ours, AT_LEAST, work.bar)


def _measure(who: str, work: _Work, model: Path) -> float:
    """Seconds a frame."""
    arguments = [who, work.kind, str(model), work.source, str(work.frames)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.peers.throughput", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=checkout_environment(),
        check=False,
    )
    if done.returncode != 0:
        words = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise BenchmarkError(f"{who} over {work.what}: exit status {done.returncode} ({words[0][:200]})")
    return float(done.stdout)
