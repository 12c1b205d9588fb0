"""Several results as one, for a report on several devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from benchmarks.measurement import Results


def combine_results(results: Mapping[str, Results]) -> Results:
    """Results by the name of their file as one; what was measured on the files' own machines is told apart by name."""
    if len(results) == 1:
        return next(iter(results.values()))
    parts = [_with_hosts(name, one) for name, one in results.items()]
    return Results(
        measurements=tuple(m for part in parts for m in part.measurements),
        failures=tuple(f for part in parts for f in part.failures),
        answers=tuple(a for part in parts for a in part.answers),
        peaks=tuple(p for part in parts for p in part.peaks),
    )


def _with_hosts(name: str, results: Results) -> Results:
    """The same, with the machine of the run called by its name and the file's."""
    here = next((m.host.name for m in results.measurements if not m.subject.host), "")
    called = f"{here} ({name})"

    def host(known: str) -> str:
        return known or called

    return Results(
        measurements=tuple(
            replace(m, subject=replace(m.subject, host=host(m.subject.host))) for m in results.measurements
        ),
        failures=results.failures,
        answers=tuple(replace(a, host=host(a.host)) for a in results.answers),
        peaks=tuple(replace(p, host=host(p.host)) for p in results.peaks),
    )
