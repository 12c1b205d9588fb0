"""What a recommendation has to hold, and the recommendation in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.report.columns import show_number
from benchmarks.report.rows import Row, accurate, host_name


@dataclass(frozen=True)
class Limits:
    """max_latency: of the median of a picture. min_accuracy: top-1, 0..1. None: anything goes."""

    max_latency_seconds: float | None = None
    min_accuracy: float | None = None
    max_size_bytes: int | None = None

    def holds(self, row: Row) -> bool:
        return not self.broken_by(row)

    def broken_by(self, row: Row) -> list[str]:
        """What the row does not hold, in words; the accuracy is the measured one."""
        latency, size, broken = row.measurement.latency.value, row.measurement.file_bytes, []
        if self.max_latency_seconds is not None and latency > self.max_latency_seconds:
            broken.append(f"takes {show_number(latency * 1e3)} ms")
        if self.min_accuracy is not None and (row.top1 is None or row.top1.value < self.min_accuracy):
            broken.append("has no accuracy" if row.top1 is None else f"has a top-1 of {row.top1.value:.1%}")
        if self.max_size_bytes is not None and size > self.max_size_bytes:
            broken.append(f"has {size / 1e6:.3g} MB")
        return broken

    def __str__(self) -> str:
        parts = []
        if self.max_latency_seconds is not None:
            parts.append(f"at most {self.max_latency_seconds * 1e3:g} ms")
        if self.min_accuracy is not None:
            parts.append(f"a top-1 of at least {self.min_accuracy:.3g}")
        if self.max_size_bytes is not None:
            parts.append(f"at most {self.max_size_bytes / 1e6:g} MB")
        return ", ".join(parts)


NO_LIMITS = Limits()


def recommend(rows: Sequence[Row], limits: Limits) -> str:
    """Which model to take on each host, and why: of those that hold the limits the most accurate, and of those that
    differ from it by chance at most the fastest.
    """
    candidates = accurate(rows)
    hosts = list(dict.fromkeys(host_name(row.measurement) for row in candidates))
    if not hosts:
        return "Nothing was measured to the end, so nothing can be recommended."
    if len(hosts) == 1:
        return _recommend(candidates, limits)
    return " ".join(
        f"On {host}: {_recommend([row for row in candidates if host_name(row.measurement) == host], limits)}"
        for host in hosts
    )


def _recommend(candidates: Sequence[Row], limits: Limits) -> str:
    fitting = [row for row in candidates if limits.holds(row)]
    if not fitting:
        nearest = max(candidates, key=lambda row: (-len(limits.broken_by(row)), row.top1.value if row.top1 else 0))
        return (
            f"No model holds the limits ({limits}). {_name(nearest)} comes nearest, but "
            f"{' and '.join(limits.broken_by(nearest))}. Allow more, or train or quantize another model."
        )
    best = max(fitting, key=lambda row: row.top1.value if row.top1 else 0)
    assert best.top1 is not None
    floor = best.top1.interval[0]
    alike = [row for row in fitting if row.top1 is not None and row.top1.value >= floor]
    choice = min(alike, key=lambda row: row.measurement.latency.value)
    return f"Take {_name(choice)}: {_figures(choice)}{_why(choice, best)}{_held(limits)}."


def _name(row: Row) -> str:
    return f"{row.name} ({row.measurement.subject.setting})"


def _figures(row: Row) -> str:
    assert row.top1 is not None
    low, high = row.top1.interval
    return (
        f"{show_number(row.measurement.latency.value * 1e3)} ms a picture, {row.top1.value:.1%} top-1 "
        f"({low:.1%} to {high:.1%}), {row.measurement.file_bytes / 1e6:.3g} MB"
    )


def _why(choice: Row, best: Row) -> str:
    if choice is best:
        return ""
    assert best.top1 is not None
    times = best.measurement.latency.value / choice.measurement.latency.value
    return (
        f". {_name(best)} has {best.top1.value:.1%}, which may be chance on {best.top1.total:,} pictures, "
        f"and takes {show_number(times, 2)} times as long"
    )


def _held(limits: Limits) -> str:
    return f". It holds {limits}" if str(limits) else ""
