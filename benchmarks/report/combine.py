"""Several results as one, for a report on several devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

from benchmarks.measurement import Results
from benchmarks.report.rows import host_name


def combine_results(results: Mapping[str, Results]) -> Results:
    """Results by the path of their file as one; each host is called by its file too, as in `kitchen/raspberrypi`.

    Boards of one kind have one name, and the same host may have been measured twice: only the file tells them apart.
    """
    if len(results) == 1:
        return next(iter(results.values()))
    parts = [_with_hosts(name, one) for name, one in zip(_names_of(list(results)), results.values())]
    return Results(
        measurements=tuple(m for part in parts for m in part.measurements),
        failures=tuple(f for part in parts for f in part.failures),
        answers=tuple(a for part in parts for a in part.answers),
        peaks=tuple(p for part in parts for p in part.peaks),
    )


def _names_of(files: list[str]) -> list[str]:
    """The files' stems; those of their folders where they are equal; else the whole paths."""
    for names in ([PurePath(file).stem for file in files], [PurePath(file).parent.name for file in files]):
        if all(names) and len(set(names)) == len(names):
            return names
    return files


def _with_hosts(name: str, results: Results) -> Results:
    """The same, with each host called by the name and its own."""
    here = next((m.host.name for m in results.measurements if not m.subject.host), "")

    def called(host: str) -> str:
        return f"{name}/{host or here}".rstrip("/")

    return Results(
        measurements=tuple(
            replace(
                m,
                subject=replace(m.subject, host=called(m.subject.host)),
                host=replace(m.host, name=called(host_name(m))),
            )
            for m in results.measurements
        ),
        failures=tuple(replace(f, setting=", ".join(filter(None, (f.setting, name)))) for f in results.failures),
        answers=tuple(replace(a, host=called(a.host)) for a in results.answers),
        peaks=tuple(replace(p, host=called(p.host)) for p in results.peaks),
    )
