"""What a user may ask of a source, whatever its kind."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from runtime.errors import UsageError
from runtime.sources.view import View

# name, which is PyAV's too: bytes for each pixel
PIXEL_FORMATS = {"rgb24": 3.0, "bgr24": 3.0, "gray": 1.0, "yuv420p": 1.5}
MAX_SIDE = 16384
_AS_IT_IS = View()


@dataclass(frozen=True)
class RawFormat:
    """Frames with nothing around them: width and height in pixels, and one of PIXEL_FORMATS."""

    width: int
    height: int
    pixel_format: str

    def __post_init__(self) -> None:
        if self.pixel_format not in PIXEL_FORMATS:
            raise UsageError(f"--raw {self}: {self.pixel_format!r} is none of {', '.join(PIXEL_FORMATS)}")
        if not (0 < self.width <= MAX_SIDE and 0 < self.height <= MAX_SIDE):
            raise UsageError(f"--raw {self}: width and height may be 1 to {MAX_SIDE}")
        if self.pixel_format == "yuv420p" and (self.width % 2 or self.height % 2):
            raise UsageError(f"--raw {self}: yuv420p has an even width and height")

    @classmethod
    def parse(cls, text: str) -> RawFormat:
        """`640x480:rgb24`. Raises UsageError for anything else."""
        match = re.fullmatch(r"(\d{1,6})x(\d{1,6}):(\w+)", text)
        if match is None:
            raise UsageError(f"--raw {text}: expected WIDTHxHEIGHT:FORMAT, for example 640x480:rgb24")
        return cls(int(match[1]), int(match[2]), match[3])

    @property
    def frame_bytes(self) -> int:
        return int(self.width * self.height * PIXEL_FORMATS[self.pixel_format])

    def __str__(self) -> str:
        return f"{self.width}x{self.height}:{self.pixel_format}"


@dataclass(frozen=True)
class SourceOptions:
    """How a source is opened, kept open and looked at.

    view: how its pictures are turned, cut and inverted.
    camera_size, camera_fps: width and height in pixels and frames a second that a camera is asked for; where they
        are left out, a modest mode that suits the network.
    timeout: seconds that each opening and each read of a live source may take.
    retries: how often in a row opening a lost source is tried again; None: for ever.
    wait: go on trying, too, where a source cannot be opened at the very start.
    frozen_after: seconds after which frames that stay the same picture are told; 0: never.
    realtime: a video file or raw frames behave as a camera does: paced by their timestamps, newest frame first.
    raw: the form of frames that come on standard input.

    Raises UsageError where a value cannot be.
    """

    view: View = _AS_IT_IS
    camera_size: tuple[int, int] | None = None
    camera_fps: float | None = None
    timeout: float = 5.0
    retries: int | None = None
    wait: bool = False
    frozen_after: float = 60.0
    realtime: bool = False
    raw: RawFormat | None = None

    def __post_init__(self) -> None:
        _check("--camera-timeout", self.timeout, self.timeout > 0, "seconds above 0")
        _check("--retries", self.retries, self.retries is None or self.retries >= 0, "0 or more")
        _check("--frozen-after", self.frozen_after, 0 <= self.frozen_after < math.inf, "seconds, 0 for never")
        _check("--camera-fps", self.camera_fps, self.camera_fps is None or 0 < self.camera_fps <= 1000, "0 to 1000")
        sides = self.camera_size or (1, 1)
        _check("--camera-size", sides, all(0 < side <= MAX_SIDE for side in sides), f"1 to {MAX_SIDE} a side")


def parse_size(text: str) -> tuple[int, int]:
    """`1280x720` as width and height. Raises UsageError for anything else."""
    match = re.fullmatch(r"(\d{1,6})x(\d{1,6})", text)
    if match is None:
        raise UsageError(f"--camera-size {text}: expected WIDTHxHEIGHT, for example 1280x720")
    return int(match[1]), int(match[2])


def _check(option: str, value: Any, is_right: bool, expected: str) -> None:
    if not is_right:
        raise UsageError(f"{option} {value}: expected {expected}")
