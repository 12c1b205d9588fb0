"""The report as Markdown, and its short form for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.measurement import Results
from benchmarks.report.cautions import find_cautions
from benchmarks.report.columns import COLUMNS, Column, short_columns, used_columns
from benchmarks.report.limits import NO_LIMITS, Limits, recommend
from benchmarks.report.matrix import device_matrix
from benchmarks.report.rows import Row, host_name, make_rows
from benchmarks.table import format_rows


def format_markdown(results: Results, limits: Limits = NO_LIMITS) -> str:
    """The recommendation, the whole table, devices, warnings, on what it was measured, and what failed."""
    rows = make_rows(results)
    parts = ["# Latency against accuracy", recommend(rows, limits), format_table(rows, COLUMNS, results)]
    if rows:
        matrix = device_matrix(rows)
        parts += ["`*`: no other model here is both faster and better."]
        parts += ["## Devices", format_rows(matrix)] if matrix else []
        parts += _bullets("Warnings", find_cautions(results)) + _bullets("How", describe_how(results))
    return "\n\n".join(parts) + "\n"


def format_summary(results: Results, limits: Limits = NO_LIMITS) -> str:
    """The columns that fit a terminal, the warnings and the recommendation."""
    rows = make_rows(results)
    table = format_table(rows, short_columns(rows), results)
    warnings = [f"warning: {caution}" for caution in find_cautions(results)]
    return "\n".join([table, "", *warnings, recommend(rows, limits)])


def format_table(rows: Sequence[Row], columns: Sequence[Column], results: Results) -> str:
    """A row for each measurement, the frontier marked by a star, then a row for each failure of the results."""
    columns = used_columns(rows, columns) or columns[:1]
    cells = [["", *(column.title for column in columns)]]
    cells += [["*" if row.is_best else "", *(column.text(row) for column in columns)] for row in rows]
    return format_rows(cells, [("!", f"{results.title_of(f)} failed: {f.message}") for f in results.failures])


def describe_how(results: Results) -> list[str]:
    """On what, and how many times, all of it was measured; a sentence a line."""
    measured = results.measurements
    hosts = dict.fromkeys(f"{host_name(m)}: {m.host} ({', '.join(m.host.packages)})" for m in measured)
    dates = sorted(m.measured_at for m in measured)
    runs = sorted(len(m.total_seconds) for m in measured)
    rounds = sorted(len(m.rounds) for m in measured)
    queries = dict.fromkeys((m.subject.scenario, m.pictures_a_query) for m in measured if m.pictures_a_query > 1)
    pictures = dict.fromkeys(f"{len(a.pictures):,} pictures of {a.data} ({a.split})" for a in results.answers)
    lines = [
        *(f"Host {host}." for host in hosts),
        f"Measured on {dates[0]}.",
        f"Latency: fitting and classifying a picture of {picture_size(results)}, {_span(runs)} times in "
        f"{_span(rounds)} processes, which took turns in random order; in brackets how far the 95 % bootstrap interval "
        "reaches: of the median, and of the ratio to the fastest in the same turns.",
        *(f"In {scenario} that is the time of a query of {count} pictures as a whole." for scenario, count in queries),
        f"Accuracy: {'; '.join(pictures) or 'not measured'}, with Wilson's 95 % interval.",
    ]
    return lines + [_describe_peaks(results)] * bool(results.peaks)


def picture_size(results: Results) -> str:
    """Of the picture that was classified to time it, in pixels: `1280x720`."""
    sizes = dict.fromkeys(f"{m.picture_width_pixels}x{m.picture_height_pixels}" for m in results.measurements)
    return ", ".join(sizes)


def _describe_peaks(results: Results) -> str:
    parts = []
    for peak in results.peaks:
        int8 = "" if peak.int8_macs_a_second is None else f", int8 {peak.int8_macs_a_second / 1e9:.0f}"
        host = f"{peak.host}, " if peak.host else ""
        threads = f"{peak.threads} thread{'s' * (peak.threads != 1)}"
        parts.append(
            f"{host}{threads}: float32 {peak.float32_macs_a_second / 1e9:.0f}{int8} G "
            f"multiply-accumulates/s, copying {peak.float32_copy_bytes_a_second / 1e9:.1f} GB/s"
        )
    return f"Peaks (a small matrix product, a memory copy): {'; '.join(parts)}."


def _span(sorted_values: Sequence[int]) -> str:
    low, high = sorted_values[0], sorted_values[-1]
    return str(low) if low == high else f"{low} to {high}"


def _bullets(title: str, lines: Sequence[str]) -> list[str]:
    return [f"## {title}", "\n".join(f"- {line}" for line in lines)] if lines else []
