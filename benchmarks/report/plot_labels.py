"""Names beside the points of a plot: readable, inside the axes, covering neither each other nor the points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.path import Path
    from matplotlib.text import Annotation
    from matplotlib.transforms import Bbox

# Where a name may stand from its point, in points of print: near and to the right first.
_OFFSETS = [
    (direction_x * reach, direction_y * reach)
    for reach in (9, 14, 20, 30, 45, 65, 90)
    for direction_x, direction_y in ((1, 0.6), (1, -0.6), (-1, 0.6), (-1, -0.6), (0, 1), (0, -1), (0.5, 1), (0.5, -1))
]
_OUTSIDE, _COVERS, _CROSSES = 100, 10, 1
_POINT_PIXELS = 8
_STYLE: dict[str, Any] = {
    "parse_math": False,  # The name of a file may have dollars in it.
    "textcoords": "offset points",
    "fontsize": 7.5,
    "bbox": {"facecolor": "#fefefe", "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
    "arrowprops": {"arrowstyle": "-", "linewidth": 0.5, "color": "#8e8e94", "shrinkA": 0, "shrinkB": 3},
}


@dataclass(frozen=True)
class Label:
    """The name of a point at (x, y) with an error bar from `low` to `high`, in the units of the axes."""

    text: str
    colour: str
    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class _Place:
    """What a name covers and the line from it to its point, in pixels; offset in points of print."""

    offset: tuple[float, float]
    box: Bbox
    line: Path


def place_labels(axes: Axes, labels: Sequence[Label], renderer: RendererBase, unnamed: Sequence[Label] = ()) -> None:
    """Write each name at the best place that those before it have left. All else has to be drawn already.

    unnamed: points that get no name, and that none may cover.
    """
    axes.autoscale_view()  # Else it is only done at drawing time, and nothing has its place yet.
    bars = [_bar_box(axes, label) for label in (*labels, *unnamed)]
    taken: list[_Place] = []
    for label in labels:
        note = axes.annotate(label.text, (label.x, label.y), _OFFSETS[0], color=label.colour, **_STYLE)
        places = [_place(axes, note, label, offset, renderer) for offset in _OFFSETS]
        best = min(places, key=lambda place: _badness(place, axes.bbox, bars, taken))
        _move(note, best.offset)
        taken.append(best)


def _place(axes: Axes, note: Annotation, label: Label, offset: tuple[float, float], renderer: RendererBase) -> _Place:
    from matplotlib.path import Path
    from matplotlib.text import Text

    _move(note, offset)
    note.update_positions(renderer)
    box = Text.get_window_extent(note, renderer)  # An Annotation's own extent has its line in it.
    middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
    return _Place(offset, box, Path([tuple(axes.transData.transform((label.x, label.y))), middle]))


def _move(note: Annotation, offset: tuple[float, float]) -> None:
    note.set_position(offset)
    note.set_horizontalalignment(("right", "center", "left")[(offset[0] > 0) - (offset[0] < 0) + 1])
    note.set_verticalalignment("bottom" if offset[1] > 0 else "top")


def _badness(place: _Place, axes: Bbox, bars: list[Bbox], taken: list[_Place]) -> int:
    """0 for a place that is inside, covers nothing, and whose line crosses no name and lies under none."""
    box = place.box
    inside = axes.x0 < box.x0 and box.x1 < axes.x1 and axes.y0 < box.y0 and box.y1 < axes.y1
    covered = box.count_overlaps([*bars, *(other.box for other in taken)])
    crossed = sum(
        place.line.intersects_bbox(other.box) + other.line.intersects_bbox(box) + other.line.intersects_path(place.line)
        for other in taken
    )
    return (not inside) * _OUTSIDE + covered * _COVERS + crossed * _CROSSES


def _bar_box(axes: Axes, label: Label) -> Bbox:
    from matplotlib.transforms import Bbox

    (x, bottom), (_, top) = axes.transData.transform([(label.x, label.low), (label.x, label.high)])
    return Bbox([[x - _POINT_PIXELS, bottom - _POINT_PIXELS], [x + _POINT_PIXELS, top + _POINT_PIXELS]])
