"""What the files of a family compute, and which delegates can take them: a table, and a paragraph for each file."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from runtime.operators import OperatorReport
from runtime.printable import columns_of, fill_columns

_WIDTH = 100  # columns of a terminal


def align(cells: Sequence[Sequence[str]]) -> list[str]:
    """Rows of a table as lines: the first column to the left, the others to the right."""
    widths = [max(map(columns_of, column)) for column in zip(*cells)]
    return [
        "  ".join([fill_columns(first, widths[0]), *map(str.rjust, rest, widths[1:])]).rstrip()
        for first, *rest in cells
    ]


def format_operators(reports: Sequence[tuple[str, OperatorReport]]) -> list[str]:
    """Lines on files, each given by its name."""
    head = ("file", "operators", "MACs", "parameters", "activations", "taken whole by")
    table = align([head, *(_cells(name, report) for name, report in reports)])
    caption = "MACs: multiply-accumulates; activations: needed at once. The operators, and what breaks a delegate:"
    return [*table, caption, *(line for name, report in reports for line in _paragraph(name, report))]


def _cells(name: str, report: OperatorReport) -> tuple[str, ...]:
    count = sum(count for _, count in report.counts)
    whole = ", ".join(fit.delegate for fit in report.delegates if fit.is_whole) or "none"
    costs = (report.macs_in_short, f"{report.parameters:,}", f"{report.peak_bytes / 1e3:,.0f} kB")
    # Only TFLite has delegates.
    return (name, str(count), *costs, whole if report.delegates else "-")


def _paragraph(name: str, report: OperatorReport) -> list[str]:
    broken = [
        f"not by {fit.delegate}: {fit.reason or ', '.join(fit.obstacles)}"
        for fit in report.delegates
        if not fit.is_whole
    ]
    text = f"{name}: {'; '.join([report.kinds, *broken])}"
    return textwrap.wrap(text, _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
