"""Tables and plots from results: one function for each form of a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.intervals import find_frontier
from benchmarks.measurement import Accuracy, Measurement, Results
from benchmarks.table import format_rows
from runtime.measure import quantile

NOT_MEASURED = "-"


@dataclass(frozen=True)
class Column:
    """A column of the table. is_short: also in the table that is printed on a terminal."""

    title: str
    cell: Callable[[Measurement], str]
    is_short: bool = False


def _milliseconds(times: tuple[float, ...], share: float) -> str:
    return f"{quantile(times, share) * 1e3:.3g}"


def _top1(accuracy: Accuracy | None) -> str:
    if accuracy is None:
        return NOT_MEASURED
    low, high = accuracy.interval
    return f"{accuracy.top1 * 100:.1f} ({low * 100:.1f} to {high * 100:.1f})"


def _megabytes(size: int | None) -> str:
    return NOT_MEASURED if size is None else f"{size / 1e6:.3g}"


def _first_result(measurement: Measurement) -> str:
    return _milliseconds(tuple(part.time_to_first_result_seconds for part in measurement.rounds), 0.5)


COLUMNS = (
    Column("model", lambda m: m.name, is_short=True),
    Column("recipe", lambda m: m.card.recipe),
    Column("backend", lambda m: m.backend),
    Column("threads", lambda m: str(m.threads)),
    Column("top-1 % (95 %)", lambda m: _top1(m.accuracy), is_short=True),
    Column("p50 ms", lambda m: _milliseconds(m.total_seconds, 0.5), is_short=True),
    Column("p90 ms", lambda m: _milliseconds(m.total_seconds, 0.9), is_short=True),
    Column("p99 ms", lambda m: _milliseconds(m.total_seconds, 0.99), is_short=True),
    Column("prepare p50 ms", lambda m: _milliseconds(m.prepare_seconds, 0.5)),
    Column("invoke p50 ms", lambda m: _milliseconds(m.invoke_seconds, 0.5)),
    Column("first result ms", _first_result),
    Column("file MB", lambda m: _megabytes(m.file_bytes), is_short=True),
    Column("peak memory MB", lambda m: _megabytes(m.peak_memory_bytes), is_short=True),
)


def write_report(results: Results, folder: Path) -> list[Path]:
    """Write results.md, and pareto.png where an accuracy was measured; returns the files.

    Raises BenchmarkError where the folder cannot be written.
    """
    table, plot = folder / "results.md", folder / "pareto.png"
    try:
        table.write_text(format_markdown(results), "utf-8")
        plot.unlink(missing_ok=True)  # One of an earlier run would not be what the table shows.
        if not accurate(results):
            return [table]
        from benchmarks.plot import draw_pareto

        draw_pareto(results, plot)
    except OSError as error:
        raise BenchmarkError(
            f"{error.filename}: cannot be written ({error.strerror}); copy results.json to another folder"
        ) from None
    return [table, plot]


def format_markdown(results: Results) -> str:
    """The whole table, what it was measured on, and what failed."""
    parts = ["# Latency against accuracy", format_table(results, COLUMNS)]
    if results.measurements:
        parts += ["`*`: no other model here is both faster and better.", _how(results)]
    return "\n\n".join(parts) + "\n"


def format_summary(results: Results) -> str:
    """The columns that fit a terminal."""
    return format_table(results, [column for column in COLUMNS if column.is_short])


def format_table(results: Results, columns: Sequence[Column]) -> str:
    """A row for each model, fastest first and the frontier marked by a star, then a row for each failure."""
    best = frontier(results)
    rows = [["", *(column.title for column in columns)]]
    for measurement in sorted(results.measurements, key=_median):
        rows.append(["*" if measurement in best else "", *(column.cell(measurement) for column in columns)])
    return format_rows(rows, [("!", f"{failure.name} failed: {failure.message}") for failure in results.failures])


def accurate(results: Results) -> list[Measurement]:
    """What was measured to the end: latency and accuracy."""
    return [measurement for measurement in results.measurements if measurement.accuracy is not None]


def frontier(results: Results) -> list[Measurement]:
    """The models that no other one beats in both latency (p50) and accuracy, fastest first."""
    measured = accurate(results)
    points = [(_median(m), m.accuracy.top1) for m in measured if m.accuracy is not None]
    return [measured[number] for number in find_frontier(points)]


def picture_size(results: Results) -> str:
    """Of the picture that was classified to time it, in pixels: `1280x720`."""
    sizes = dict.fromkeys(f"{m.picture_width_pixels}x{m.picture_height_pixels}" for m in results.measurements)
    return ", ".join(sizes)


def _median(measurement: Measurement) -> float:
    return quantile(measurement.total_seconds, 0.5)


def _how(results: Results) -> str:
    """On what, and how many times, all of it was measured."""
    hosts = dict.fromkeys(str(measurement.host) for measurement in results.measurements)
    packages = dict.fromkeys(package for m in results.measurements for package in m.host.packages)
    accuracies = [m.accuracy for m in results.measurements if m.accuracy is not None]
    pictures = dict.fromkeys(f"{a.total:,} pictures of {a.data} ({a.split})" for a in accuracies)
    runs = dict.fromkeys(f"{len(m.total_seconds)} times in {len(m.rounds)} processes" for m in results.measurements)
    dates = sorted(measurement.measured_at for measurement in results.measurements)
    lines = [
        f"Host: {'; '.join(hosts)} ({', '.join(packages)}), {dates[0]}.",
        f"Latency: fitting and classifying a picture of {picture_size(results)}, {'; '.join(runs)}.",
        f"Accuracy: {'; '.join(pictures) or 'not measured'}, with Wilson's 95 % interval.",
    ]
    return "\n".join(f"- {line}" for line in lines)
