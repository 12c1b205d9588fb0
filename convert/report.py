"""What the command prints: a summary of one file, or a table of a family of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from convert.conversion import Conversion, Failure
from convert.operator_table import align, format_operators
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
    """A line a file, those that failed last; then what they compute."""
    cells: list[tuple[str, ...]] = [("file", "size", "top-1", "agreement", "latency")]
    for row in rows:
        measured, agreement = row.done.card.measured, row.done.agreement
        top1 = "-" if measured is None else f"{measured.top1:.1%}"
        size, latency = f"{row.done.size / 1e6:.2f} MB", f"{row.latency * 1e3:.2f} ms"
        cells.append((row.done.path.name, size, top1, f"{agreement.top1:.1%}", latency))
    cells += [(failure.path.name, "failed", *[""] * (len(cells[0]) - 2)) for failure in failures]
    reports = [(row.done.path.name, row.operators) for row in rows if row.operators is not None]
    return "\n".join([*align(cells), *_caption(rows), *(["", *format_operators(reports)] if reports else [])])


def _caption(rows: Sequence[FamilyRow]) -> list[str]:
    if not rows:
        return []
    done = rows[0].done
    return [
        f"on {done.agreement.count} pictures that did not calibrate them ({done.split}); "
        f"latency: mean of {LATENCY_RUNS} runs here, one thread",
        *(f"caution: {caution}" for caution in done.cautions),
    ]


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
    if operators is not None:
        rows += operators.to_rows()
    rows += [("caution", caution) for caution in done.cautions]
    return "\n".join(f"{name:<17} {text}" for name, text in rows)


def _share_line(successes: int, count: int) -> str:
    low, high = wilson_interval(successes, count)
    return f"{successes / count:.1%} (95% interval {low:.1%} to {high:.1%})"
