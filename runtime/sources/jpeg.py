"""Ordinary JPEGs to the network's input in half of Pillow's time: libav leaves them YUV, libswscale does the rest.

Pillow is the judge of every file: it reads the header, and what is not plainly the one kind of JPEG that both read
alike is left to it, as is each in which libav finds a fault. What libav would mend in silence, Pillow then tells.
"""

from __future__ import annotations

import os
import platform
import threading
from functools import lru_cache
from typing import Any

import av
import numpy as np
from PIL import Image

from runtime.card import Fit, InputSize
from runtime.picture import decoder_shrinks, read_orientation
from runtime.sources.fitting import FitPlan, plan_fit
from runtime.sources.plain_jpeg import strip_jpeg
from runtime.sources.scaler import VideoScaler
from runtime.sources.view import Orientation, View

# EXIF 2.3, 4.6.4: what undoes each orientation
_UPRIGHT = {
    2: Orientation(0, mirrored=True),
    3: Orientation(2),
    4: Orientation(2, mirrored=True),
    5: Orientation(3, mirrored=True),
    6: Orientation(1),
    7: Orientation(1, mirrored=True),
    8: Orientation(3),
}
_AS_IT_IS = Orientation()

# More than any such picture takes, however badly it was packed, and what phones write beside it.
_BYTES_A_PIXEL, _METADATA_BYTES = 4, 4_000_000
# On x86, of the exact transforms of libav this one takes a sixth less time of a picture than the usual one.
_TRANSFORM = {"idct": "xvid"} if platform.machine().lower() in ("x86_64", "amd64") else {}
# libav keeps memory for the next picture of a size; for larger ones that would be much on a small device.
_MOST_PIXELS = 4_000_000
# Nearer to 1, libswscale's mean of an area is another than that of runtime.image: 1.4 of 255 levels from it at 1.1, 0.8
# at 1.5, and less beyond.
_LEAST_SHRINKING = 1.5
# Rows of a picture in libav are longer than the picture by so many pixels at most, and its blocks go past its edges.
_ALIGNMENT = 128
# The pictures of a folder are of a few sizes; what a thread does with one size takes 1 ms to set up.
_KEPT = 4


class JpegFitter:
    """Does to a JPEG what runtime.sources.fitting.fit_view does to a picture, without a full-size RGB picture.

    Any thread may use it; each has decoders and scalers of its own, kept for the next picture of the same size.
    """

    def __init__(self) -> None:
        self._own = _Steps()

    def fit(
        self, image: Image.Image, size: InputSize, fit: Fit, view: View, least: tuple[int, int] | None
    ) -> np.ndarray | None:
        """uint8, input height x width x channels (RGB), of an image within runtime.picture.open_header.

        None where Pillow is to decode it: it is no ordinary JPEG, may be damaged, is hardly larger than the input, is
        very large, or Pillow's decoder may stop at `least`. Raises UsageError where the view's crop reaches out of it.
        """
        upright = _UPRIGHT.get(read_orientation(image), _AS_IT_IS)
        file = getattr(image, "fp", None)
        if image.format != "JPEG" or file is None or decoder_shrinks(image, least):
            return None
        if image.width * image.height > _MOST_PIXELS:
            return None
        if _shrinking(plan_fit(image.size, size, fit, view, upright)) < _LEAST_SHRINKING:
            return None
        if file.seek(0, os.SEEK_END) > _BYTES_A_PIXEL * image.width * image.height + _METADATA_BYTES:
            return None
        file.seek(0)
        plain = strip_jpeg(file.read())
        if plain is None or (plain.width, plain.height) != image.size:
            return None
        decoder, scaler = self._own.steps(*plain[1:], size, fit, view)
        frame = decoder.decode(plain.content)
        return None if frame is None else scaler.fit(frame, upright)


class _Steps(threading.local):
    """steps: what decodes and fits pictures of a width, height and form."""

    def __init__(self) -> None:
        self.steps = lru_cache(_KEPT)(
            lambda width, height, pixels, *target: (JpegDecoder(width, height, pixels), VideoScaler(*target))
        )


def _shrinking(plan: FitPlan) -> float:
    """How many pixels become one, across or down."""
    return min(plan.box.size[0] / plan.width, plan.box.size[1] / plan.height)


class JpegDecoder:
    """libav's, for the content of each PlainJpeg of a width, height and form: what has all the tables that it needs,
    so that nothing is left to it of the picture before."""

    def __init__(self, width: int, height: int, pixels: str) -> None:
        self._kind = width, height, pixels
        self._context = self._open()

    def decode(self, content: bytes) -> av.VideoFrame | None:
        """YUV, of full range; None where libav finds anything wrong with it."""
        try:
            (frame,) = self._context.decode(av.Packet(content))
            is_right = not frame.is_corrupt and (frame.width, frame.height, frame.format.name) == self._kind
        except (av.FFmpegError, ValueError):
            is_right = False
        if not is_right:
            self._context = self._open()
        return frame if is_right else None

    def _open(self) -> Any:
        width, height = (side + _ALIGNMENT for side in self._kind[:2])
        context = av.CodecContext.create("mjpeg", "r")
        context.thread_count = 1
        context.options = {"err_detect": "explode", "max_pixels": str(width * height), **_TRANSFORM}
        return context
