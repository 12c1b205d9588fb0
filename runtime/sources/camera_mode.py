"""Which of the modes that a camera offers is asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runtime.card import InputSize
from runtime.errors import SourceError
from runtime.sources.options import SourceOptions

# The kernel's name: FFmpeg's (libavdevice/v4l2-common.c), the cheapest to take to RGB first.
FFMPEG_FORMATS = {
    "YUYV": "yuyv422",
    "UYVY": "uyvy422",
    "NV12": "nv12",
    "YU12": "yuv420p",
    "422P": "yuv422p",
    "GREY": "gray",
    "RGB3": "rgb24",
    "BGR3": "bgr24",
    "MJPG": "mjpeg",
    "JPEG": "mjpeg",
    "H264": "h264",
}
USUAL_RATE = 30.0
_USUAL_SIZE = (640, 480)
# Twice the network's side, so that the resize is still a mean (runtime.image).
_OVERSAMPLING = 2
# 25 frames a second do where 30 were wanted; what a USB cable cannot carry uncompressed comes at 10 and less.
_ENOUGH = 0.8
_RATE_TOLERANCE = 0.01  # 30000/1001 counts as 30


@dataclass(frozen=True)
class CameraMode:
    """pixel_format: as the kernel names it (a fourcc). width, height: pixels. rates: frames a second, () unknown."""

    pixel_format: str
    width: int
    height: int
    rates: tuple[float, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    def nearest_rate(self, wanted: float) -> float:
        return min(self.rates, key=lambda rate: abs(rate - wanted), default=wanted)

    def has_rate(self, wanted: float) -> bool:
        return abs(self.nearest_rate(wanted) - wanted) <= _RATE_TOLERANCE * wanted


def choose_mode(camera: str, modes: Sequence[CameraMode], options: SourceOptions, size: InputSize) -> CameraMode:
    """The mode for what the user asked for, and for a network of this input size where nothing was asked.

    Of a size, the format that reaches the rate and costs least to decode: YUYV where the cable carries it, MJPEG where
    not. Of all sizes, 640x480 if that is twice the network's input, else the smallest that is, else the largest.

    Raises SourceError, with what there is, where the camera offers nothing of what was asked.
    """
    usable = [mode for mode in modes if mode.pixel_format in FFMPEG_FORMATS]
    sized = [mode for mode in usable if options.camera_size in (None, mode.size)]
    if not sized:
        asked = "" if options.camera_size is None else "--camera-size {}x{}: ".format(*options.camera_size)
        offers = ", ".join(dict.fromkeys(f"{mode.width}x{mode.height}" for mode in usable))
        raise SourceError(f"{camera}: {asked}it offers {offers or 'no format that is read'}; see: runtime cameras")
    rated = [mode for mode in sized if options.camera_fps is None or mode.has_rate(options.camera_fps)]
    if not rated:
        offers = ", ".join(f"{rate:g}" for rate in sorted({rate for mode in sized for rate in mode.rates}))
        raise SourceError(f"{camera}: --camera-fps {options.camera_fps:g}: it offers {offers}; see: runtime cameras")
    return min(rated, key=lambda mode: _cost(mode, options, size))


def _cost(mode: CameraMode, options: SourceOptions, size: InputSize) -> tuple[float, ...]:
    wanted = options.camera_fps or USUAL_RATE
    area = mode.width * mode.height
    is_enough = mode.width >= _OVERSAMPLING * size.width and mode.height >= _OVERSAMPLING * size.height
    largeness = (0 if mode.size == _USUAL_SIZE else area) if is_enough else -area
    is_slow = mode.nearest_rate(wanted) < _ENOUGH * wanted
    return not is_enough, is_slow, largeness, list(FFMPEG_FORMATS).index(mode.pixel_format)
