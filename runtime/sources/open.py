"""From what the user names to a source. To add a kind: a file beside this one, and a row below."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from runtime.card import ModelCard
from runtime.errors import PictureError, SourceError
from runtime.sources.source import Source

_URL = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
# name on sys.platform: PyAV's input format, and how it calls camera number N
_CAMERA_FORMATS = {
    "linux": ("v4l2", "/dev/video{}"),
    "darwin": ("avfoundation", "{}"),
    "win32": ("dshow", "video={}"),
}
_LIVE_URLS = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://", "tcp://", "srt://")

OnError = Callable[[PictureError], None]


def open_source(spec: str, card: ModelCard, on_error: OnError | None = None) -> Source:
    """A source of frames for a model: a picture file, a folder of them, a video file, a URL, or a camera.

    Args:
        spec: a path, or what `open_camera` takes.
        card: whose input and fit the frames are made for.
        on_error: told of each picture of a folder that cannot be read; without it the first one raises.

    Raises SourceError where the spec can only be wrong (no such file); opening comes with entering the source.
    """
    path = Path(spec)
    if path.exists() and not _is_device(path):
        from runtime.picture import PICTURE_SUFFIXES

        if path.is_dir() or path.suffix.lower() in PICTURE_SUFFIXES:
            from runtime.sources.pictures import PictureSource

            return PictureSource(path, card, on_error)
        return _open_video(spec, card)
    if _is_camera(spec):
        return open_camera(spec, card)
    raise SourceError(f"{spec}: no such file or folder; check the name")


def open_camera(spec: str, card: ModelCard) -> Source:
    """A camera: an index (`0`), a device (`/dev/video0`), `rtsp://...`, `http://...`, a video file, `picamera2`,
    or `test` (moving test pictures that need no camera). Raises SourceError as `open_source`."""
    if spec == "picamera2":
        from runtime.sources.picamera import PicameraSource

        return PicameraSource(card)
    if spec == "test":
        from runtime.sources.video import TEST_PICTURES, VideoSource

        return VideoSource("test", TEST_PICTURES, card, input_format="lavfi", is_live=True)
    if _URL.match(spec):
        return _open_url(spec, card)
    if spec.isdigit() or _is_device(Path(spec)):
        return _open_device(spec, card)
    if not Path(spec).exists():
        raise SourceError(
            f"--camera {spec}: no such camera or file; expected an index, a device (/dev/video0), rtsp://..., "
            "http://..., a video file, picamera2 or test"
        )
    return _open_video(spec, card)


def _is_camera(spec: str) -> bool:
    return spec.isdigit() or spec in ("test", "picamera2") or bool(_URL.match(spec)) or _is_device(Path(spec))


def _is_device(path: Path) -> bool:
    return path.parts[:2] == ("/", "dev")


def _open_video(path: str, card: ModelCard) -> Source:
    from runtime.sources.video import VideoSource

    return VideoSource(path, path, card)


def _open_url(url: str, card: ModelCard) -> Source:
    from runtime.sources.video import VideoSource

    if not url.lower().startswith(_LIVE_URLS):
        kinds = ", ".join(_LIVE_URLS)
        raise SourceError(f"{url.partition('://')[0]}://: not a kind of address that is read; expected {kinds}")
    return VideoSource(without_credentials(url), url, card, is_live=True)


def _open_device(spec: str, card: ModelCard) -> Source:
    from runtime.sources.v4l2 import check_device, first_camera
    from runtime.sources.video import VideoSource

    input_format, device = _CAMERA_FORMATS.get(sys.platform, _CAMERA_FORMATS["linux"])
    if spec.isdigit():
        spec = first_camera() if sys.platform == "linux" and spec == "0" else device.format(spec)
    if sys.platform == "linux":
        check_device(spec)
    return VideoSource(spec, spec, card, input_format=input_format, is_live=True)


def without_credentials(url: str) -> str:
    """An address without the user name and password that it may hold, fit to be printed."""
    return re.sub(r"(?<=://)[^/@]*@", "", url)
