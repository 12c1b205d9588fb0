"""The report as CSV: each figure in the unit of its column's name, and accuracy class by class."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from benchmarks.measurement import Results
from benchmarks.report.columns import COLUMNS
from benchmarks.report.rows import Row, make_rows


def format_csv(results: Results) -> str:
    """A row for each measurement, all columns, with the ends of the intervals; empty cells for what is not known."""
    rows = make_rows(results)
    titles: list[object] = [column.name for column in COLUMNS]
    titles += ["top1_low", "top1_high", "total_p50_low_seconds", "total_p50_high_seconds", "is_on_frontier"]
    cells = [["" if (value := column.value(row)) is None else value for column in COLUMNS] for row in rows]
    return _write([titles, *(line + _ends(row) for line, row in zip(cells, rows))])


def format_class_csv(results: Results) -> str:
    """A row for each model and class: top-1 of the pictures of this class with its 95 % interval."""
    titles: list[object] = ["model", "backend", "host", "class", "top1", "low", "high", "pictures"]
    return _write([titles, *_class_rows(results)])


def _class_rows(results: Results) -> Iterator[list[object]]:
    labels = {(m.subject.model, m.subject.host): m.card.labels for m in results.measurements}
    for answers in results.answers:
        for target, label in enumerate(labels.get((answers.model, answers.host), ())):
            share = answers.top1_of_class(target)
            if share is not None:
                figures = [share.value, *share.interval, share.total]
                yield [answers.model, answers.backend, answers.host, label, *figures]


def _ends(row: Row) -> list[object]:
    latency = row.measurement.latency
    return [*(row.top1.interval if row.top1 else ("", "")), latency.low, latency.high, int(row.is_best)]


def _write(rows: list[list[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
