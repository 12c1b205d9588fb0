"""Loss and accuracy over the epochs."""

from __future__ import annotations

import math
from html import escape

from train.history import EpochMetrics
from train.report.chart import Axis, across, draw_chart, draw_rule, round_ticks, upright, write_number, write_percent
from train.report.contents import TrainingReport

_MOST_DOTS = 60  # with more epochs the dots would hide the line
Points = list[tuple[int, float]]


def draw_curves(report: TrainingReport) -> str:
    """Two charts, the best epoch marked in both; the figures stand in a table that is folded away."""
    epochs = report.epochs
    losses = {
        "training": [(epoch.number, epoch.loss) for epoch in epochs],
        "validation": [(epoch.number, epoch.validation_loss) for epoch in epochs],
    }
    accuracies = {
        "training": [(epoch.number, 100 * epoch.accuracy) for epoch in epochs],
        "validation": [(epoch.number, 100 * epoch.validation_accuracy) for epoch in epochs],
    }
    keys = "".join(f'<span class="key {kind}">{kind}</span>' for kind in losses)
    return f"""<p class="keys">{keys}<span class="key best">best epoch: {report.best_epoch}</span>
{_explain_phases(epochs)}</p>
<div class="pair">
<figure><figcaption>Loss</figcaption>{_draw("loss by epoch", report, losses, percent=False)}</figure>
<figure><figcaption>Accuracy</figcaption>{_draw("accuracy by epoch", report, accuracies, percent=True)}</figure>
</div>
{_tabulate(report)}"""


def _draw(name: str, report: TrainingReport, lines: dict[str, Points], *, percent: bool) -> str:
    # A loss that has become infinite or no number has no place: its line has a gap.
    finite = {kind: [point for point in points if math.isfinite(point[1])] for kind, points in lines.items()}
    heights = [height for points in finite.values() for _, height in points] or [0.0]
    ticks = round_ticks(min(heights), max(heights))
    x, y = _epoch_axis(report.epochs), upright(ticks, write_percent if percent else write_number)
    content = draw_rule(x, report.best_epoch, "best") + _draw_phases(report.epochs, x)
    content += "".join(_draw_line(kind, points, x, y) for kind, points in finite.items())
    return draw_chart(name, x, y, content, "epoch")


def _epoch_axis(epochs: tuple[EpochMetrics, ...]) -> Axis:
    first, last = epochs[0].number, epochs[-1].number
    ticks = [tick for tick in round_ticks(first, last, 6) if first <= tick <= last and tick == int(tick)]
    # One epoch is a dot in the middle.
    reach = 0.5 if first == last else 0
    return across(first - reach, last + reach, ticks, write_number)


def _draw_line(kind: str, points: Points, x: Axis, y: Axis) -> str:
    path = " ".join(f"{x.place(number):.1f},{y.place(height):.1f}" for number, height in points)
    dots = points if len(points) <= _MOST_DOTS else []
    return f'<polyline class="line {kind}" points="{path}"/>' + "".join(
        f'<circle class="dot {kind}" cx="{x.place(number):.1f}" cy="{y.place(height):.1f}" r="2.5">'
        f"<title>epoch {number}, {kind}: {y.write(height)}</title></circle>"
        for number, height in dots
    )


def _changes(epochs: tuple[EpochMetrics, ...]) -> list[EpochMetrics]:
    """The first epochs of all phases but the first."""
    return [now for before, now in zip(epochs, epochs[1:], strict=False) if before.phase != now.phase]


def _draw_phases(epochs: tuple[EpochMetrics, ...], x: Axis) -> str:
    return "".join(draw_rule(x, epoch.number - 0.5, "phase") for epoch in _changes(epochs))


def _explain_phases(epochs: tuple[EpochMetrics, ...]) -> str:
    return "".join(
        f'<span class="key phase">from epoch {epoch.number}: {escape(epoch.phase)}</span>' for epoch in _changes(epochs)
    )


def _tabulate(report: TrainingReport) -> str:
    rows = "".join(
        f"<tr{' class=chosen' if epoch.number == report.best_epoch else ''}><td>{epoch.number}</td>"
        f"<td>{escape(epoch.phase)}</td><td>{epoch.loss:.4f}</td><td>{epoch.accuracy:.1%}</td>"
        f"<td>{epoch.validation_loss:.4f}</td><td>{epoch.validation_accuracy:.1%}</td>"
        f"<td>{epoch.rate:.2g}</td><td>{epoch.seconds:.1f}</td></tr>"
        for epoch in report.epochs
    )
    return f"""<details><summary>The figures of each epoch</summary><div class="scroll">
<table class="figures"><thead><tr><th>epoch</th><th>phase</th><th>loss</th><th>accuracy</th><th>validation loss</th>
<th>validation accuracy</th><th>learning rate</th><th>seconds</th></tr></thead>
<tbody>{rows}</tbody></table></div></details>"""
