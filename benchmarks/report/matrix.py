"""Several devices beside each other: the median latency of each model on each."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.report.columns import NOT_MEASURED, show_number
from benchmarks.report.rows import Row, host_name


def device_matrix(rows: Sequence[Row]) -> list[list[str]]:
    """A table of texts, the titles first: a row for each model and setting, a column for each host. Empty for one host.

    In brackets how many times as long as on the fastest.
    """
    hosts = list(dict.fromkeys(host_name(row.measurement) for row in rows))
    if len(hosts) < 2:
        return []
    cells: dict[tuple[str, str, int, str], dict[str, float]] = {}
    for row in rows:
        subject = row.measurement.subject
        key = (row.name, subject.backend, subject.threads, subject.scenario)
        cells.setdefault(key, {})[host_name(row.measurement)] = row.measurement.latency.value
    table = [["model", "backend", "threads", "scenario", *(f"{host}: p50 ms" for host in hosts)]]
    for (name, backend, threads, scenario), values in cells.items():
        fastest = min(values.values())
        shown = [_show(values.get(host), fastest) for host in hosts]
        table.append([name, backend, str(threads), scenario, *shown])
    return table


def _show(seconds: float | None, fastest: float) -> str:
    if seconds is None:
        return NOT_MEASURED
    return show_number(seconds * 1e3) + (f" (x {show_number(seconds / fastest, 2)})" if seconds > fastest else "")
