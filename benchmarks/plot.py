"""The Pareto plot: latency against accuracy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from benchmarks.measurement import Measurement, Results
from benchmarks.plot_labels import Label, place_labels
from benchmarks.report import accurate, frontier, picture_size
from runtime.measure import quantile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BEST_COLOUR, _OTHER_COLOUR = "#0072b2", "#767676"
# Latencies that span more than this factor are drawn on a logarithmic axis.
_LINEAR_SPAN = 6


def draw_pareto(results: Results, path: Path) -> None:
    """Latency (p50, ms) and top-1 (%, with its interval) of each model; the frontier is drawn and coloured.

    Raises ValueError where nothing has both latency and accuracy.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    measured, best = accurate(results), frontier(results)
    if not measured:
        raise ValueError("no measurement has an accuracy; expected at least one")
    figure = Figure(figsize=(9, 6), dpi=150)
    renderer = FigureCanvasAgg(figure).get_renderer()
    axes = figure.add_subplot()
    labels = [_label(m, name, m in best) for m, name in zip(measured, _names(measured))]
    for label in labels:
        _draw_point(axes, label)
    steps = [(label.x, label.y) for label, m in zip(labels, measured) if m in best]
    axes.plot(*zip(*sorted(steps)), drawstyle="steps-post", color=_BEST_COLOUR, linewidth=1.5, alpha=0.5, zorder=1)
    _set_axes(axes, labels)
    axes.set_xlabel(f"latency of a picture of {picture_size(results)}, ms (p50)")
    axes.set_title(_title(measured), fontsize=10, loc="left")
    place_labels(axes, sorted(labels, key=lambda label: label.x), renderer)
    figure.savefig(path, bbox_inches="tight")


def _label(measurement: Measurement, name: str, is_best: bool) -> Label:
    assert measurement.accuracy is not None
    low, high = measurement.accuracy.interval
    milliseconds = quantile(measurement.total_seconds, 0.5) * 1e3
    colour = _BEST_COLOUR if is_best else _OTHER_COLOUR
    return Label(name, colour, milliseconds, measurement.accuracy.top1 * 100, low * 100, high * 100)


def _draw_point(axes: Axes, label: Label) -> None:
    # Rounding may leave an end of the interval a hair inside.
    reach = [[max(0, label.y - label.low)], [max(0, label.high - label.y)]]
    axes.errorbar(label.x, label.y, yerr=reach, fmt="o", color=label.colour, capsize=3, linewidth=1)


def _set_axes(axes: Axes, labels: list[Label]) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    latencies = [label.x for label in labels]
    if max(latencies) > _LINEAR_SPAN * min(latencies):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.15, y=0.12)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylabel("top-1 accuracy, % (with 95 % interval)")


def _title(measured: list[Measurement]) -> str:
    hosts = dict.fromkeys(measurement.host.processor for measurement in measured)
    data = dict.fromkeys(PurePath(m.accuracy.data).name for m in measured if m.accuracy)
    threads = ", ".join(map(str, sorted({measurement.threads for measurement in measured})))
    return (
        f"{', '.join(hosts)}, threads: {threads}; pictures: {', '.join(data)}\nblue: no other is both faster and better"
    )


def _names(measured: list[Measurement]) -> list[str]:
    """The files' names; backend and threads too where one file was measured several times."""
    counts = Counter(measurement.name for measurement in measured)
    return [m.name if counts[m.name] == 1 else f"{m.name} ({m.backend}, {m.threads} threads)" for m in measured]
