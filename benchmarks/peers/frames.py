"""The frames that all take: a 1080p photo that moves sideways, as RGB arrays and as a decoder gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

# As many as do not all stay in a cache: a camera's next frame is not in it either.
_COUNT, _STEP = 4, 16


def read_frames(photo: Path) -> list[np.ndarray]:
    """uint8, height x width x 3, RGB."""
    with Image.open(photo) as image:
        picture = np.asarray(image.convert("RGB"))
    return [np.ascontiguousarray(np.roll(picture, _STEP * number, axis=1)) for number in range(_COUNT)]


def decoded_frames(frames: list[np.ndarray]) -> list[Any]:
    """The same as PyAV's frames in YUV 4:2:0, which is what video decoders give."""
    import av

    return [av.VideoFrame.from_ndarray(frame, "rgb24").reformat(format="yuv420p") for frame in frames]
