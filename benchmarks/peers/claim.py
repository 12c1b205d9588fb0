"""What is claimed of two things that took part in the same rounds, and whether it held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.bootstrap import Estimate, estimate_paired_ratio
from benchmarks.table import format_rows

AT_MOST, AT_LEAST = "at most", "at least"


@dataclass(frozen=True)
class Claim:
    """`what` has figures so many times those of `against`; both in rounds, of the same unit, as many of either.

    sense: `at most` or `at least`, which the ratio's bar is. bar: None for what is only told.
    """

    what: str
    against: str
    measured: tuple[tuple[float, ...], ...]
    reference: tuple[tuple[float, ...], ...]
    sense: str = AT_MOST
    bar: float | None = None

    def __post_init__(self) -> None:
        if self.sense not in (AT_MOST, AT_LEAST):
            raise ValueError(f"{self.what}: a bar of sense {self.sense!r}; expected {AT_MOST} or {AT_LEAST}")
        if not self.measured or len(self.measured) != len(self.reference):
            raise ValueError(f"{self.what}: {len(self.measured)} rounds and {len(self.reference)}; expected as many")

    @property
    def ratio(self) -> Estimate:
        return estimate_paired_ratio(self.measured, self.reference)

    @property
    def is_held(self) -> bool:
        if self.bar is None:
            return True
        return self.ratio.value <= self.bar if self.sense == AT_MOST else self.ratio.value >= self.bar


def format_claims(claims: Sequence[Claim]) -> str:
    """An aligned Markdown table of the ratios with their 95 % intervals and bars."""
    return format_rows([["what", "against", "ratio (95 %)", "bar", "held"], *map(_row, claims)])


def _row(claim: Claim) -> list[str]:
    ratio = claim.ratio
    bar = "" if claim.bar is None else f"{claim.sense} x {claim.bar:.2f}"
    verdict = "" if claim.bar is None else "yes" if claim.is_held else "missed"
    shown = f"x {ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
    return [claim.what, claim.against, shown, bar, verdict]
