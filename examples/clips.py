"""Video clips made of pictures, for the demo and for tests: a camera where there is none."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np


def write_clip(path: Path, pictures: Iterable[np.ndarray], rate: int = 25) -> Path:
    """A clip of RGB pictures (uint8, even height and width), as MPEG-4 in whatever the suffix says."""
    with av.open(str(path), "w") as container:
        stream = None
        for picture in pictures:
            if stream is None:
                stream = container.add_stream("mpeg4", rate=rate)
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.bit_rate = 4_000_000
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        assert stream is not None
        container.mux(stream.encode())
    return path
