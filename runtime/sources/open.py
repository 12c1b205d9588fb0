"""From what the user names to a source. To add a kind: a file beside this one, and a row below."""

from __future__ import annotations

import glob
import importlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from runtime.card import ModelCard
from runtime.errors import PictureError, SourceError, UsageError
from runtime.folders import what_is_at
from runtime.late_import import import_late
from runtime.sources.options import SourceOptions
from runtime.sources.request import STANDARD_INPUT, OnError, OnEvent, SourceRequest
from runtime.sources.source import Source

_URL = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_USUAL = SourceOptions()


@dataclass(frozen=True)
class Kind:
    """matches: whether what the user named is of this kind. opener: `module:function` that makes the source.
    camera: what one writes for it behind --camera.
    """

    matches: Callable[[str], bool]
    opener: str
    camera: str = ""

    def open(self, request: SourceRequest) -> Source:
        try:
            opener = import_late(self.opener)
        except ImportError as error:
            if (error.name or "").partition(".")[0] != "av":
                raise
            raise SourceError(
                f"streams and video need PyAV, which is not installed ({error}); pip install av "
                "(32-bit Arm has no wheel: sudo apt install python3-av)"
            ) from None
        source: Source = opener(request)
        return source


def _is_device(spec: str) -> bool:
    return Path(spec).parts[:2] == ("/", "dev")


def _is_url(spec: str) -> bool:
    return bool(_URL.match(spec))


def _is_usb(spec: str) -> bool:
    return spec.isdigit() or _is_device(spec)


def _lacks_pyav() -> bool:
    try:
        importlib.import_module("av")
    except ImportError:
        return sys.platform == "linux"
    return False


def _is_file(spec: str) -> bool:
    # An address may be longer than a name of a file.
    return not (_is_url(spec) or _is_device(spec)) and what_is_at(spec, SourceError) != "nothing"


def _is_pictures(spec: str) -> bool:
    if spec == STANDARD_INPUT or not _is_file(spec):
        return spec == STANDARD_INPUT
    return what_is_at(spec, SourceError) == "folder" or _is_picture(spec)


def _is_picture(file: str) -> bool:
    """By its name, or where that tells nothing by its header: PyAV would read it, and leave a mirrored one mirrored."""
    from runtime.picture import PICTURE_SUFFIXES, open_header

    if Path(file).suffix or what_is_at(file, SourceError) != "file":
        return file.lower().endswith(PICTURE_SUFFIXES)
    try:
        with open_header(file):
            return True
    except PictureError:
        return False


_RAW = Kind(lambda spec: spec == STANDARD_INPUT, "runtime.sources.raw:open_raw")
_PICTURES = Kind(_is_pictures, "runtime.sources.pictures:open_pictures")
_PATTERN = Kind(glob.has_magic, "runtime.sources.pictures:open_pictures")
_VIDEO_FILE = Kind(_is_file, "runtime.sources.video_kinds:open_video_file", "a video file")
_CAMERAS = (
    Kind(lambda spec: _is_usb(spec) and _lacks_pyav(), "runtime.sources.v4l2_capture:open_without_pyav"),
    Kind(_is_usb, "runtime.sources.usb_camera:open_usb_camera", "an index, a device (/dev/video0)"),
    Kind(_is_url, "runtime.sources.video_kinds:open_url", "an address (rtsp://..., http://...)"),
    Kind(lambda spec: spec == "picamera2", "runtime.sources.picamera:open_pi_camera", "picamera2"),
    Kind(lambda spec: spec == "test", "runtime.sources.video_kinds:open_test_pictures", "test"),
)
CAMERAS = ", ".join(kind.camera for kind in (*_CAMERAS, _VIDEO_FILE) if kind.camera)


def open_source(
    spec: str,
    card: ModelCard,
    on_error: OnError | None = None,
    *,
    options: SourceOptions = _USUAL,
    on_event: OnEvent | None = None,
) -> Source:
    """A source of frames for a model.

    Args:
        spec: a picture file, a folder of them, a pattern (`photos/*.jpg`), a video file, what `open_camera` takes, or
            `-`: the names of pictures, a line each, on standard input (with options.raw: frames).
        card, on_error, options, on_event: see SourceRequest.

    Raises SourceError where the spec can only be wrong (no such file), and UsageError where the options do not go
    with it. A camera or stream is opened when it is iterated.
    """
    request = SourceRequest(spec, card, options, on_error, on_event)
    if options.raw is not None and spec != STANDARD_INPUT:
        raise UsageError(f"{request.name}: --raw is for frames on standard input; write - in its place")
    if not spec:
        raise UsageError("an empty name: it would be the folder that you are in; for that, write .")
    kinds = (_PICTURES, _VIDEO_FILE, *_CAMERAS, _PATTERN) if options.raw is None else (_RAW,)
    for kind in kinds:
        if kind.matches(spec):
            return kind.open(request)
    raise SourceError(f"{spec}: no such file or folder; check the name")


def open_camera(
    spec: str, card: ModelCard, *, options: SourceOptions = _USUAL, on_event: OnEvent | None = None
) -> Source:
    """A camera: one of CAMERAS (index `0`: the first; `test`: moving test pictures). The rest as `open_source`.

    An address with a recording's name (`http://.../cam.flv`) is opened at once to see whether it is one: what tells no
    length is a stream.
    """
    request = SourceRequest(spec, card, options, None, on_event, is_camera=True)
    if options.raw is not None:
        raise UsageError(
            f"--camera {request.name}: --raw is for frames on standard input: runtime classify - --raw {options.raw}"
        )
    for kind in (*_CAMERAS, _VIDEO_FILE):
        if kind.matches(spec):
            return kind.open(request)
    raise SourceError(f"--camera {spec}: no such camera or file; expected one of: {CAMERAS}")
