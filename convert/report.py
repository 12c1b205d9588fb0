"""What the command prints: a summary of one file, or a table of a family of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from convert.conversion import Conversion, Failure
from convert.pictures import plain_picture
from runtime.classifier import Classifier
from runtime.errors import UsageError
from runtime.intervals import wilson_interval
from runtime.measure import measure_latency
from runtime.operators import OperatorReport, report_operators

LATENCY_RUNS = 30


@dataclass(frozen=True)
class FamilyRow:
    """A file of a family. latency: mean seconds of the network with its input and output, here, on one thread."""

    done: Conversion
    latency: float
    operators: OperatorReport | None


def time_file(done: Conversion) -> FamilyRow:
    """Measure a finished file as the runtime would run it."""
    classifier = Classifier.load(done.path, threads=1)
    latency = mean(measure_latency(classifier, plain_picture(done.card.input), LATENCY_RUNS).invoke)
    return FamilyRow(done, latency, read_operators(done.path))


def read_operators(path: Path) -> OperatorReport | None:
    """What a file computes; None for the rare `.onnx` with an operator whose shape onnx cannot work out."""
    try:
        return report_operators(path)
    except UsageError:
        return None


def format_table(rows: Sequence[FamilyRow], failures: Sequence[Failure]) -> str:
    """A line a file; those that failed come last."""
    cells: list[tuple[str, ...]] = [
        ("file", "size", "top-1", "agreement", "operators", "computes", "latency", "taken whole by")
    ]
    for row in rows:
        measured, agreement = row.done.card.measured, row.done.agreement
        top1 = "-" if measured is None else f"{measured.top1:.1%}"
        size, latency = f"{row.done.size / 1e6:.2f} MB", f"{row.latency * 1e3:.2f} ms"
        known = (row.done.path.name, size, top1, f"{agreement.top1:.1%}")
        cells.append((*known, _count_operators(row.operators), _macs(row.operators), latency, _whole(row.operators)))
    cells += [(failure.path.name, "failed", *[""] * (len(cells[0]) - 2)) for failure in failures]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = [
        "  ".join(
            [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]
        ).rstrip()
        for line in cells
    ]
    return "\n".join([*lines, *_caption(rows)])


def _caption(rows: Sequence[FamilyRow]) -> list[str]:
    if not rows:
        return []
    done = rows[0].done
    return [
        f"on {done.agreement.count} pictures that did not calibrate them ({done.split}); "
        f"computes: multiply-accumulates; latency: mean of {LATENCY_RUNS} runs here, one thread",
        *(f"caution: {caution}" for caution in done.cautions),
    ]


def _count_operators(report: OperatorReport | None) -> str:
    return str(sum(count for _, count in report.counts)) if report else "-"


def _macs(report: OperatorReport | None) -> str:
    return f"{report.macs / 1e6:.1f} M" if report else "-"


def _whole(report: OperatorReport | None) -> str:
    """The delegates that take every operator; only TFLite has delegates."""
    if report is None or not report.delegates:
        return "-"
    return ", ".join(fit.delegate for fit in report.delegates if fit.is_whole) or "none"


def format_summary(done: Conversion, operators: OperatorReport | None) -> str:
    """What is known of one file, a line each."""
    agreement = done.agreement
    rows = [
        ("file", f"{done.path} ({done.size / 1e6:.2f} MB)"),
        ("recipe", f"{done.card.recipe}, by {', '.join(done.tools)}"),
        ("checked on", f"{agreement.count} pictures that did not calibrate it ({done.split})"),
        ("agreement", _share_line(agreement.agreeing, agreement.count)),
    ]
    if agreement.correct is not None and agreement.correct_original is not None:
        rows.append(("top-1, original", _share_line(agreement.correct_original, agreement.count)))
        rows.append(("top-1, this file", _share_line(agreement.correct, agreement.count)))
    rows.append(
        ("score difference", f"mean {agreement.mean_difference:.4f}, largest {agreement.largest_difference:.4f}")
    )
    rows.append(("computes", f"{_macs(operators)} multiply-accumulates in {_count_operators(operators)} operators"))
    if operators is not None and operators.delegates:
        rows.append(("taken whole by", _whole(operators)))
    rows += [("caution", caution) for caution in done.cautions]
    return "\n".join(f"{name:<17} {text}" for name, text in rows)


def _share_line(successes: int, count: int) -> str:
    low, high = wilson_interval(successes, count)
    return f"{successes / count:.1%} (95% interval {low:.1%} to {high:.1%})"
