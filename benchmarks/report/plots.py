"""The plots, as matplotlib figures: the same for PNG files and, with the page's own colours, inside the page."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.frontier import find_frontier
from benchmarks.peaks import Peaks
from benchmarks.report.plot_labels import Label, place_labels
from benchmarks.report.plot_names import names_of
from benchmarks.report.rows import Row, accurate, host_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure

# Colours of a PNG; in a page each becomes a variable of its style sheet, so that it follows light and dark.
INK, MUTED, GRID, BEST, OTHER, PAPER = "#1c1c1e", "#6b6b70", "#e4e4e8", "#0a62c4", "#8e8e94", "#fefefe"
COLOUR_NAMES = {INK: "ink", MUTED: "muted", GRID: "grid", BEST: "accent", OTHER: "other", PAPER: "paper"}
# Values that span more than this factor are drawn on a logarithmic axis.
_LINEAR_SPAN = 6
# Of more points than this only the best have their names beside them.
_MOST_NAMES = 10
_SIZE_INCHES = (5.6, 3.9)
_STYLE: dict[str, Any] = {
    "font.size": 8.5, "text.color": INK, "axes.labelcolor": MUTED, "axes.edgecolor": GRID, "xtick.color": MUTED,
    "ytick.color": MUTED, "axes.facecolor": "none", "figure.facecolor": "none", "grid.color": GRID,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10, "axes.titlelocation": "left",
    "svg.fonttype": "none",
}  # fmt: skip


@dataclass(frozen=True)
class Plot:
    """name: of its file. title: above it. draw: gives the figure, or None where there is nothing to show."""

    name: str
    title: str
    draw: Callable[[Sequence[Row]], Figure | None]


def save_png(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=200, bbox_inches="tight", facecolor=PAPER)


def to_svg(figure: Figure) -> str:
    """The figure as an SVG element."""
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    return text.getvalue().partition("<svg")[1] + text.getvalue().partition("<svg")[2]


def _against_accuracy(
    label: str, cost: Callable[[Row], float | None], one_each: Callable[[Row], object] = id
) -> Callable[[Sequence[Row]], Figure | None]:
    """A plot of a cost against top-1 with its interval; the frontier of both is drawn and coloured.

    one_each: what tells points apart; of rows that are the same in it only the fastest is shown.
    """

    def draw(rows: Sequence[Row]) -> Figure | None:
        known = [row for row in accurate(rows) if cost(row) is not None]
        shown = list({one_each(row): row for row in reversed(known)}.values())[::-1]
        if not shown:
            return None
        costs = [cost(row) or 0.0 for row in shown]
        gains = [row.top1.value if row.top1 else 0.0 for row in shown]
        best = find_frontier(list(zip(costs, gains)))
        labels = [
            _label(row, name, value, BEST if number in best else OTHER)
            for number, (row, name, value) in enumerate(zip(shown, names_of(shown), costs))
        ]
        figure, axes = _make_axes()
        for point in labels:
            _draw_point(axes, point)
        steps = [(labels[number].x, labels[number].y) for number in best]
        axes.plot(*zip(*steps), drawstyle="steps-post", color=BEST, linewidth=1.2, alpha=0.6, zorder=1, gid="frontier")
        _scale(axes, costs)
        axes.set_xlabel(label)
        axes.set_ylabel("top-1 accuracy, % (with 95 % interval)")
        axes.margins(x=0.15, y=0.12)
        _name_points(axes, sorted(labels, key=lambda one: one.x), _renderer(figure))
        return figure

    return draw


def _latency_distribution(rows: Sequence[Row]) -> Figure | None:
    """For each measurement a line from p1 to p99, thick between the quartiles, a dot at the median (the one of all
    tables, of the rounds' medians), a tick at p99.9."""
    import numpy as np

    shown = [row for row in rows if row.measurement.pictures_a_query == 1]
    if not shown:
        return None
    figure, axes = _make_axes(height=max(1.6, 0.6 + 0.26 * len(shown)))
    for place, row in enumerate(shown):
        colour = BEST if row.is_best else OTHER
        times = np.asarray(row.measurement.total_seconds) * 1e3
        low, first, third, high, extreme = np.quantile(times, [0.01, 0.25, 0.75, 0.99, 0.999])
        axes.plot([low, high], [place, place], color=colour, linewidth=1, gid=f"distribution-{place}")
        axes.plot([first, third], [place, place], color=colour, linewidth=5, alpha=0.45, solid_capstyle="butt")
        axes.plot([row.measurement.latency.value * 1e3], [place], "o", color=colour, markersize=5)
        axes.plot([extreme], [place], "|", color=colour, markersize=7)
    axes.set_yticks(range(len(shown)), names_of(shown), parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    spread = np.concatenate([np.quantile(row.measurement.total_seconds, [0.01, 0.999]) for row in shown])
    _scale(axes, list(spread * 1e3))
    axes.set_xlabel("latency of a picture, ms: p1 to p99, quartiles, median, p99.9")
    return figure


def _roofs(peaks: Peaks) -> list[tuple[str, float, float]]:
    """Name, multiply-accumulates a second and bytes a second of each."""
    threads = f"{peaks.threads} thread{'s' * (peaks.threads != 1)}"
    roofs = [(f"float32, {threads}", peaks.float32_macs_a_second, peaks.float32_copy_bytes_a_second)]
    if peaks.int8_macs_a_second is not None:
        roofs.append((f"int8, {threads}", peaks.int8_macs_a_second, peaks.int8_copy_bytes_a_second))
    return roofs


def _roofline(rows: Sequence[Row]) -> Figure | None:
    """Multiply-accumulates a second against those a byte of the model file, under the machine's roofs."""
    shown = [row for row in rows if row.macs_a_second and row.peaks]
    if not shown:
        return None
    figure, axes = _make_axes()
    intensities = [(row.measurement.macs or 0) / row.measurement.file_bytes for row in shown]
    _draw_roofs(axes, list(dict.fromkeys(row.peaks for row in shown if row.peaks)), intensities)
    labels = []
    for row, name, x in zip(shown, names_of(shown), intensities):
        y = (row.macs_a_second or 0) / 1e9
        labels.append(Label(name, BEST if row.is_best else OTHER, x, y, y, y))
        axes.plot([x], [y], "o", color=labels[-1].colour, markersize=5)
    axes.set_xscale("log")
    axes.set_yscale("log")
    _write_plainly(axes.xaxis, axes.yaxis)
    axes.grid(alpha=0.6)
    axes.set_xlabel("multiply-accumulates a byte of the file")
    axes.set_ylabel("G multiply-accumulates a second")
    _name_points(axes, labels, _renderer(figure))
    return figure


def _draw_roofs(axes: Axes, known: Sequence[Peaks], intensities: Sequence[float]) -> None:
    import numpy as np

    roofs = [roof for peaks in known for roof in _roofs(peaks)]
    ridges = [peak / copied for _, peak, copied in roofs]
    span = np.geomspace(min(*intensities, *ridges) / 3, max(*intensities, *ridges) * 6, 200)
    for number, (name, peak, copied) in enumerate(roofs):
        axes.plot(span, np.minimum(peak, span * copied) / 1e9, color=MUTED, linewidth=0.8, gid=f"roof-{number}")
        # Roofs of different numbers of threads may be near each other: their names stand side by side.
        axes.annotate(
            name, (span[-1], peak / 1e9), (-(number // 2) * 70, 2),
            textcoords="offset points", ha="right", fontsize=7, color=MUTED,
        )  # fmt: skip


def _file(row: Row) -> str:
    return row.measurement.file_sha256


PLOTS = (
    Plot(
        "pareto",
        "Latency against accuracy",
        _against_accuracy("latency of a picture, ms (p50)", lambda r: r.measurement.latency.value * 1e3),
    ),
    Plot("latency", "How latency is spread", _latency_distribution),
    Plot(
        "size", "Size against accuracy", _against_accuracy("file, MB", lambda r: r.measurement.file_bytes / 1e6, _file)
    ),
    Plot(
        "memory",
        "Memory against accuracy",
        _against_accuracy(
            "peak memory of the process, MB",
            lambda r: (peak := r.measurement.largest(lambda p: p.peak_memory_bytes)) and peak / 1e6,
            lambda r: (r.measurement.subject.backend, host_name(r.measurement), _file(r)),
        ),
    ),
    Plot("roofline", "Of what the machine can do", _roofline),
)


def _label(row: Row, name: str, x: float, colour: str) -> Label:
    assert row.top1 is not None
    low, high = row.top1.interval
    return Label(name, colour, x, row.top1.value * 100, low * 100, high * 100)


def _name_points(axes: Axes, labels: Sequence[Label], renderer: RendererBase) -> None:
    """All of them, or the best where names would hide the plot."""
    named = labels if len(labels) <= _MOST_NAMES else [label for label in labels if label.colour == BEST]
    unnamed = [label for label in labels if label not in named]
    if unnamed:
        axes.set_title(f"gray: {len(unnamed)} others, see the table", loc="left", fontsize=7.5, color=MUTED)
    place_labels(axes, named, renderer, unnamed)


def _draw_point(axes: Axes, label: Label) -> None:
    # Rounding may leave an end of the interval a hair inside.
    reach = [[max(0, label.y - label.low)], [max(0, label.high - label.y)]]
    axes.errorbar(label.x, label.y, yerr=reach, fmt="o", markersize=5, color=label.colour, capsize=0, linewidth=1)


def _make_axes(height: float = _SIZE_INCHES[1]) -> tuple[Figure, Axes]:
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=(_SIZE_INCHES[0], height))
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.grid(alpha=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(length=0)
    return figure, axes


def _renderer(figure: Figure) -> Any:
    return figure.canvas.get_renderer()  # type: ignore[attr-defined]


def _scale(axes: Axes, values: Sequence[float]) -> None:
    if max(values) > _LINEAR_SPAN * min(values) > 0:
        axes.set_xscale("log")
        _write_plainly(axes.xaxis)


def _write_plainly(*logarithmic: Axis) -> None:
    """1, 2, 5, 10, 20 in place of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for axis in logarithmic:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
