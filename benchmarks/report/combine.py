"""Several results as one, for a report on several devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

from benchmarks.measurement import Results
from benchmarks.model_names import name_models
from benchmarks.report.rows import host_name


def combine_results(results: Mapping[str, Results]) -> Results:
    """Results by the path of their file as one; each host is called by its file too, as in `kitchen/raspberrypi`.

    Boards of one kind have one name, and the same host may have been measured twice: only the file tells them apart.
    Each model is called by its name, so that the same one of several devices is known again in whichever folder it was.
    """
    if len(results) == 1:
        return next(iter(results.values()))
    models = name_models(*(one.names for one in results.values()))
    parts = [_renamed(name, one, models) for name, one in zip(_names_of(list(results)), results.values())]
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


def _renamed(name: str, results: Results, models: Mapping[str, str]) -> Results:
    """The same, with each host called by the name and its own, and each model as `models` has it by its path."""
    here = next((m.host.name for m in results.measurements if not m.subject.host), "")

    def called(host: str) -> str:
        return f"{name}/{host or here}".rstrip("/")

    return Results(
        measurements=tuple(
            replace(
                m,
                subject=replace(m.subject, model=models[m.subject.model], host=called(m.subject.host)),
                host=replace(m.host, name=called(host_name(m))),
            )
            for m in results.measurements
        ),
        failures=tuple(
            replace(f, model=models[f.model], setting=", ".join(filter(None, (f.setting, name))))
            for f in results.failures
        ),
        answers=tuple(replace(a, model=models[a.model], host=called(a.host)) for a in results.answers),
        peaks=tuple(replace(p, host=called(p.host)) for p in results.peaks),
    )
