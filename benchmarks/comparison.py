"""Two things measured side by side, and the bar that one of them has to hold against the other."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.table import format_rows

# How figures are printed: factor and unit.
_PRINTED = {"seconds": (1e3, "ms"), "bytes": (1e-6, "MB")}


@dataclass(frozen=True)
class Bar:
    """What the median may be at most. kind: `ratio` to the reference's, or `difference` from it (in its unit)."""

    kind: str
    most: float

    def __post_init__(self) -> None:
        if self.kind not in ("ratio", "difference"):
            raise ValueError(f"a bar of kind {self.kind!r}; expected ratio or difference")


@dataclass(frozen=True)
class Comparison:
    """`what` was measured beside `reference`; their raw figures, one a run. unit: `seconds` or `bytes`.
    bar: None for what is only told.
    """

    what: str
    reference: str
    unit: str
    measured: tuple[float, ...]
    reference_measured: tuple[float, ...]
    bar: Bar | None = None

    def __post_init__(self) -> None:
        if self.unit not in _PRINTED or not (self.measured and self.reference_measured):
            raise ValueError(f"{self.what}: in {self.unit!r}; expected figures in seconds or bytes, at least one")

    @property
    def value(self) -> float:
        """What the bar is for: the ratio or the difference of the medians."""
        ours, theirs = statistics.median(self.measured), statistics.median(self.reference_measured)
        return ours - theirs if self.bar is not None and self.bar.kind == "difference" else ours / theirs

    @property
    def holds(self) -> bool:
        return self.bar is None or self.value <= self.bar.most


def format_comparisons(comparisons: Sequence[Comparison]) -> str:
    """An aligned Markdown table of medians, ratios and bars."""
    return format_rows(
        [["what", "median", "reference", "its median", "against it", "bar", "held"], *map(_row, comparisons)]
    )


def _row(comparison: Comparison) -> list[str]:
    factor, unit = _PRINTED[comparison.unit]

    def show(value: float) -> str:
        return f"{value * factor:.3g} {unit}"

    def show_compared(value: float) -> str:
        is_difference = comparison.bar is not None and comparison.bar.kind == "difference"
        return f"{'+' if value >= 0 else ''}{show(value)}" if is_difference else f"x {value:.2f}"

    ours, theirs = map(statistics.median, (comparison.measured, comparison.reference_measured))
    bar = "" if comparison.bar is None else show_compared(comparison.bar.most)
    held = "" if comparison.bar is None else "yes" if comparison.holds else "missed"
    return [
        comparison.what,
        show(ours),
        comparison.reference,
        show(theirs),
        show_compared(comparison.value),
        bar,
        held,
    ]
