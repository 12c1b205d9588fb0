"""The columns of every table: what is told of a measurement, under which name and how it is shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from benchmarks.answers import Share
from benchmarks.bootstrap import Estimate
from benchmarks.measurement import Round
from benchmarks.report.rows import Row, host_name

NOT_MEASURED = "-"


@dataclass(frozen=True)
class Column:
    """A column of the tables. name: in a CSV file, with its unit. title: on a page, in the unit that is shown there.
    value: in the unit of the name. show: as it is shown. is_short: also in the table of a terminal.
    is_short_if_varied: likewise, where it has more than one value.
    """

    name: str
    title: str
    value: Callable[[Row], float | str | None]
    factor: float = 1.0
    show: Callable[[Row], str] | None = None
    is_short: bool = False
    is_short_if_varied: bool = False

    def text(self, row: Row) -> str:
        value = self.value(row)
        if value is None:
            return NOT_MEASURED
        if self.show is not None:
            return self.show(row)
        return value if isinstance(value, str) else show_number(value * self.factor)


def show_number(value: float, digits: int = 3) -> str:
    """With so many significant digits and no exponent, which nobody reads at a glance: `1230`, `0.00012`.

    What is less than a millionth is the noise of sums, and 0.
    """
    return f"{Decimal(f'{round(value, 6):.{digits}g}'):f}" if math.isfinite(value) else str(value)


def _show_reach(estimate: Estimate) -> str:
    """A question mark where the interval has no end: so few rounds tell nothing of it."""
    reach = estimate.reach * 100
    return f"\u00b1{show_number(round(reach, 2), 2)} %" if math.isfinite(reach) else "\u00b1?"


def _share(share: Share | None) -> float | None:
    return None if share is None else share.value


def _show_scenario(row: Row) -> str:
    pictures = row.measurement.pictures_a_query
    scenario = row.measurement.subject.scenario
    return scenario if pictures == 1 else f"{scenario} (a query: {pictures} pictures)"


def _show_top1(row: Row) -> str:
    assert row.top1 is not None
    low, high = row.top1.interval
    return f"{row.top1.value * 100:.1f} ({low * 100:.1f} to {high * 100:.1f})"


def _show_median(row: Row) -> str:
    latency = row.measurement.latency
    return f"{show_number(latency.value * 1e3)} ({_show_reach(latency)})"


def _show_times(row: Row) -> str:
    times = row.times_fastest
    assert times is not None
    value = show_number(times.value)
    return f"{value} ({_show_reach(times)})" if times.reach else value


def _top(count: int) -> Callable[[Row], float | None]:
    return lambda row: (
        row.answers.top(count).value if row.answers and len(row.measurement.card.labels) > count else None
    )


def _seconds(step: str, share: float) -> Callable[[Row], float | None]:
    return lambda row: row.seconds(step, share)


def _median(figure: Callable[[Round], float | None]) -> Callable[[Row], float | None]:
    return lambda row: row.measurement.median(figure)


def _largest(figure: Callable[[Round], float | None]) -> Callable[[Row], float | None]:
    return lambda row: row.measurement.largest(figure)


_TOTAL = "total_seconds"
COLUMNS = (
    Column("model", "model", lambda r: r.name, is_short=True),
    Column("recipe", "recipe", lambda r: r.measurement.card.recipe),
    Column("backend", "backend", lambda r: r.measurement.subject.backend, is_short=True),
    Column("threads", "threads", lambda r: float(r.measurement.subject.threads), is_short=True),
    Column(
        "scenario", "scenario", lambda r: r.measurement.subject.scenario, show=_show_scenario, is_short_if_varied=True
    ),
    Column("host", "host", lambda r: host_name(r.measurement), is_short_if_varied=True),
    Column("top1", "top-1 % (95 %)", lambda r: _share(r.top1), show=_show_top1, is_short=True),
    Column("top5", "top-5 %", _top(5), 100),
    Column("agreement_with_float32", "agrees with float %", lambda r: _share(r.agreement), 100),
    Column(
        "calibration_error", "calibration error %", lambda r: r.answers.calibration_error if r.answers else None, 100
    ),
    Column("total_p50_seconds", "p50 ms", lambda r: r.measurement.latency.value, show=_show_median, is_short=True),
    Column(
        "times_fastest",
        "x the fastest",
        lambda r: r.times_fastest.value if r.times_fastest else None,
        show=_show_times,
        is_short=True,
    ),
    Column("total_p90_seconds", "p90 ms", _seconds(_TOTAL, 0.9), 1e3),
    Column("total_p99_seconds", "p99 ms", _seconds(_TOTAL, 0.99), 1e3, is_short=True),
    Column("total_p999_seconds", "p99.9 ms", _seconds(_TOTAL, 0.999), 1e3),
    Column("total_max_seconds", "max ms", _seconds(_TOTAL, 1.0), 1e3),
    Column("pictures_a_second", "pictures/s", lambda r: r.measurement.pictures_a_second),
    *(
        Column(f"{step}_{name}_seconds", f"{step} {title} ms", _seconds(f"{step}_seconds", share), 1e3)
        for step in ("prepare", "invoke")
        for name, title, share in (("p50", "p50", 0.5), ("p99", "p99", 0.99))
    ),
    Column("time_to_first_result_seconds", "first result ms", _median(lambda p: p.time_to_first_result_seconds), 1e3),
    Column("load_seconds", "load ms", _median(lambda p: p.load_seconds), 1e3),
    Column("file_bytes", "file MB", lambda r: float(r.measurement.file_bytes), 1e-6, is_short=True),
    Column("peak_memory_bytes", "peak memory MB", _largest(lambda p: p.peak_memory_bytes), 1e-6, is_short=True),
    Column("steady_memory_bytes", "steady memory MB", _median(lambda p: p.steady_memory_bytes), 1e-6),
    Column("gpu_memory_bytes", "GPU memory MB", _largest(lambda p: p.conditions.gpu_memory_bytes), 1e-6),
    Column("multiply_accumulates", "multiply-acc. M", lambda r: r.measurement.macs and float(r.measurement.macs), 1e-6),
    Column("multiply_accumulates_a_second", "G multiply-acc./s", lambda r: r.macs_a_second, 1e-9),
    Column("share_of_peak", "of the peak %", lambda r: r.share_of_peak, 100),
    Column("energy_joules_a_picture", "energy mJ", lambda r: r.energy_joules, 1e3),
    Column("temperature_celsius", "temperature \u00b0C", _largest(lambda p: p.conditions.temperature_celsius)),
    Column("frequency_hertz", "frequency MHz", _median(lambda p: p.conditions.frequency_hertz), 1e-6),
    Column("other_load_cores", "other load, cores", _median(lambda p: p.conditions.other_load_cores)),
)


def short_columns(rows: Sequence[Row]) -> list[Column]:
    """Those that fit a terminal, with what else tells the rows apart."""
    return [c for c in COLUMNS if c.is_short or (c.is_short_if_varied and len(set(map(c.value, rows))) > 1)]


def used_columns(rows: Sequence[Row], columns: Sequence[Column] = COLUMNS) -> list[Column]:
    """Those that any of the rows has a value for; all of a table's first ones tell something."""
    return [column for column in columns if any(column.value(row) is not None for row in rows)]
