"""Whether the network is as often right as it says."""

from __future__ import annotations

from runtime.reliability import ReliabilityBin
from train.evaluation import Evaluation
from train.report.chart import Axis, across, draw_chart, upright, write_percent

_TICKS = (0, 20, 40, 60, 80, 100)
_EVEN = 0.005  # half a point: less than the figures below show


def draw_calibration(evaluation: Evaluation) -> str:
    """A reliability diagram, and what it says in words."""
    return f"""<div class="pair"><figure>{_draw(evaluation.reliability)}</figure>
<div>{_explain(evaluation)}</div></div>"""


def _explain(evaluation: Evaluation) -> str:
    error, confidence = evaluation.expected_calibration_error, float(evaluation.confidence.mean())
    difference = confidence - evaluation.top1
    if abs(difference) < _EVEN:
        verdict = "On the whole its confidence is right"
    else:
        verdict = "On the whole it is too sure of itself" if difference > 0 else "On the whole it is too cautious"
    return f"""<p>The expected calibration error (ECE, 15 bins) is <b>{error:.3f}</b>: how sure the network is lies
{100 * error:.1f} percentage points from how often it is right, on average. {verdict}: it is {confidence:.1%} sure and
{evaluation.top1:.1%} right.</p>
<p>A bar is the share of right answers among those of that confidence; were it perfect, all bars would end at the line.
The paler a bar, the fewer the pictures.</p>"""


def _draw(bins: tuple[ReliabilityBin, ...]) -> str:
    x, y = across(0, 100, _TICKS, write_percent), upright(_TICKS, write_percent)
    most = max(part.count for part in bins)
    content = "".join(_bar(part, x, y, 0.25 + 0.75 * (part.count / most) ** 0.5) for part in bins)
    content += f'<line class="ideal" x1="{x.place(0)}" y1="{y.place(0)}" x2="{x.place(100)}" y2="{y.place(100)}"/>'
    return draw_chart("reliability diagram", x, y, content, "how sure it is")


def _bar(part: ReliabilityBin, x: Axis, y: Axis, opacity: float) -> str:
    left, right = x.place(100 * part.low), x.place(100 * part.high)
    top, bottom = y.place(100 * part.accuracy), y.place(0)
    return (
        f'<rect class="bar" x="{left + 1:.1f}" y="{top:.1f}" width="{right - left - 2:.1f}" '
        f'height="{bottom - top:.1f}" opacity="{opacity:.2f}"><title>{part.count:,} pictures: '
        f"{part.confidence:.1%} sure, {part.accuracy:.1%} right</title></rect>"
    )
