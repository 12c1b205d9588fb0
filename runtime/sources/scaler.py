"""Decoded video to the network's input in one step: libswscale takes the decoder's YUV straight to small RGB."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.filter import Graph

from runtime.card import Fit, InputSize
from runtime.sources.fitting import FitPlan, plan_fit
from runtime.sources.view import Orientation, View

# libswscale's public flag that leaves out every other line of the source's chroma (SWS_SRC_V_CHR_DROP, by its number,
# as the filter knows no name for it).
_HALF_CHROMA_LINES = "+65536"
_CACHE_LINE_BYTES = 64
# Of RGB, so many lines become one: with half of them there still is a mean of two, 0.04 of 255 levels from that of all.
_LINES_TO_SPARE = 4


class VideoScaler:
    """Does to a decoded frame what runtime.sources.fitting.fit_view does to a picture, without a full-size RGB frame.

    The same to a large array, which takes a third of Pillow's time. See ARCHITECTURE.md for how near the two are.

    The filter graph is made for one kind of frame and made again when the stream changes its size or format.
    """

    def __init__(self, size: InputSize, fit: Fit, view: View | None = None) -> None:
        self._target = size, fit
        self._view = view or View()
        self._kind: tuple[object, ...] = ()
        self._steps: tuple[Graph, FitPlan] | None = None

    def refit(self, size: InputSize, fit: Fit) -> None:
        """Fit frames to another input from now on; any thread may ask for it."""
        self._target = size, fit

    def fit(self, frame: av.VideoFrame, recorded: Orientation | None = None) -> np.ndarray:
        """uint8, input height x width x channels, of a frame of any size and pixel format, laid upright as `recorded`
        says, or else the frame. Raises UsageError where the view's crop reaches out of it."""
        turned = _orientation(frame) if recorded is None else recorded
        colours = [getattr(frame, name, None) for name in ("colorspace", "color_range")]  # not in Debian 12's PyAV
        target = self._target
        kind = (frame.width, frame.height, frame.format.name, *colours, turned, target)
        if self._steps is None or kind != self._kind:
            plan = plan_fit((frame.width, frame.height), *target, self._view, turned)
            self._steps, self._kind = (_build_graph(frame, plan), plan), kind
        graph, plan = self._steps
        _read_ahead(frame, plan)
        graph.push(frame)
        return plan.finish(_take_pixels(graph.pull()))

    def fit_array(self, picture: np.ndarray) -> np.ndarray:
        """As `fit`, of a uint8 array, height x width x 3 (RGB) or height x width (x 1) (gray)."""
        gray = picture.ndim == 2 or picture.shape[2] == 1
        pixels = picture.reshape(picture.shape[:2]) if gray else picture
        return self.fit(av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(pixels), "gray" if gray else "rgb24"))


def _orientation(frame: av.VideoFrame) -> Orientation:
    """As a phone noted it that was held upright; PyAV tells it in degrees counterclockwise."""
    return Orientation(round(-getattr(frame, "rotation", 0) / 90) % 4)  # not in the oldest PyAV


def _read_ahead(frame: Any, plan: FitPlan) -> None:
    """Bring the lines that will be scaled into the processor's caches, all at once.

    libswscale reads line by line and waits for each. Of a frame that is in no cache any more, as one that a decoder has
    kept to decode others by, that is most of its time.
    """
    for plane in frame.planes:
        if plane.line_size < 0:  # stored from the bottom up; PyAV before 17.1 gives its first line for its first byte
            continue
        first, end = (plane.buffer_size * line // frame.height for line in (plan.box.top, plan.box.bottom))
        lines = (end - first) // _CACHE_LINE_BYTES
        np.ndarray(lines, np.uint8, plane, first, strides=(_CACHE_LINE_BYTES,)).max(initial=0)


def _take_pixels(frame: Any) -> np.ndarray:
    """Height x width x 3, RGB, of an rgb24 frame, whose lines are longer than its pixels."""
    lines = frame.planes[0]
    return np.array(np.ndarray((frame.height, frame.width, 3), np.uint8, lines, strides=(lines.line_size, 3, 1)))


def _build_graph(frame: av.VideoFrame, plan: FitPlan) -> Graph:
    (wide, high), left, top = plan.box.size, plan.box.left, plan.box.top
    flags = "area" if wide >= plan.width and high >= plan.height else "bilinear"
    if frame.format.is_rgb and high >= _LINES_TO_SPARE * plan.height:
        flags += _HALF_CHROMA_LINES
    places = _chroma_places(frame.format, left, top)
    graph = Graph()
    # Half a millisecond of work gains nothing from threads, which would fight the network's for the cores.
    if hasattr(graph, "threads"):  # not in PyAV 15, the last for Python 3.9
        graph.threads = 1
    # The graph wants a time base; nothing in it looks at the time.
    time_base = frame.time_base or Fraction(1, 1000)
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=time_base)
    steps = [
        graph.add("crop", f"{wide}:{high}:{left}:{top}:exact=1"),
        graph.add("scale", f"{plan.width}:{plan.height}:flags={flags}+accurate_rnd+full_chroma_int{places}"),
        # Scaling to planes is vector code, scaling to packed pixels is not and takes a third of the whole; packing the
        # small planes afterwards takes half of numpy's time. Same pixels.
        graph.add("format", "gbrp"),
        graph.add("format", "rgb24"),
        graph.add("buffersink"),
    ]
    for step in steps:
        source.link_to(step)
        source = step
    graph.configure()
    return graph


def _chroma_places(pixels: av.VideoFormat, left: int, top: int) -> str:
    """Settings of libswscale for a crop that begins between pixels that share their colour: it gets that whole colour
    sample all the same, which lies further out. In 256ths of a pixel from the crop's first one, for samples that lie
    in the middle of their pixels, as libswscale takes it and as JPEG has them."""
    settings = ""
    for axis, start, shared in (("h", left, 8 // pixels.chroma_width(8)), ("v", top, 8 // pixels.chroma_height(8))):
        if start % shared:
            settings += f":in_{axis}_chr_pos={128 * (shared - 1) - 256 * (start % shared)}"
    return settings
