"""Decoded video to the network's input in one step: libswscale takes the decoder's YUV straight to small RGB."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.filter import Graph

from runtime.card import Fit, InputSize
from runtime.image import crop_box, fit_image


class VideoScaler:
    """Does to a decoded frame what runtime.image.fit_image does to a picture, without a full-size RGB frame.

    The same to a large array, which takes a third of Pillow's time. See ARCHITECTURE.md for how near the two are.

    The filter graph is made for one kind of frame and made again when the stream changes its size or format.
    """

    def __init__(self, size: InputSize, fit: Fit) -> None:
        self._size = size
        self._fit = fit
        self._kind: tuple[object, ...] = ()
        self._graph: Graph | None = None

    def fit(self, frame: av.VideoFrame) -> np.ndarray:
        """uint8, input height x width x channels, of a frame of any size and pixel format."""
        kind = (frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range)
        if self._graph is None or kind != self._kind:
            self._graph, self._kind = self._build(frame), kind
        self._graph.push(frame)
        small = self._graph.pull().to_ndarray()
        # Only the channels are left to do, and the bars of a letterbox.
        return fit_image(small, self._size, self._fit if self._fit.mode == "letterbox" else Fit("squash"))

    def fit_array(self, picture: np.ndarray) -> np.ndarray:
        """As `fit`, of a uint8 array, height x width x 3 (RGB) or height x width (x 1) (gray)."""
        gray = picture.ndim == 2 or picture.shape[2] == 1
        pixels = picture.reshape(picture.shape[:2]) if gray else picture
        return self.fit(av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(pixels), "gray" if gray else "rgb24"))

    def _build(self, frame: av.VideoFrame) -> Graph:
        width, height = self._scaled_size(frame)
        left, top, right, bottom = crop_box(frame.width, frame.height, self._size, self._fit)
        method = "area" if right - left >= width and bottom - top >= height else "bilinear"
        graph = Graph()
        # Half a millisecond of work gains nothing from threads, which would fight the network's for the cores.
        if hasattr(graph, "threads"):  # not in PyAV 15, the last for Python 3.9
            graph.threads = 1
        # The graph wants a time base; nothing in it looks at the time.
        time_base = frame.time_base or Fraction(1, 1000)
        source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=time_base)
        steps = [
            graph.add("crop", f"{right - left}:{bottom - top}:{left}:{top}:exact=1"),
            graph.add("scale", f"{width}:{height}:flags={method}+accurate_rnd+full_chroma_int"),
            graph.add("format", "rgb24"),
            graph.add("buffersink"),
        ]
        for step in steps:
            source.link_to(step)
            source = step
        graph.configure()
        return graph

    def _scaled_size(self, frame: av.VideoFrame) -> tuple[int, int]:
        if self._fit.mode != "letterbox":
            return self._size.width, self._size.height
        scale = min(self._size.width / frame.width, self._size.height / frame.height)
        return max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
