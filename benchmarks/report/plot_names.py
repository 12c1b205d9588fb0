"""What stands beside the points of a plot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

from benchmarks.report.rows import Row, host_name

# A name of more characters would leave no room for what it names.
_LONGEST_NAME = 44
# Of what long names have in common, before and behind where they differ.
_LONGEST_SHARED = 16


def names_of(rows: Sequence[Row]) -> list[str]:
    """The files' names without their suffix; with what else tells them apart where that is not enough.

    The middle of long ones is left out; where they differ there, that of what they share before and behind it.
    """
    names = _whole_names(rows)
    shortened = [_leave_out_middle(name, _LONGEST_NAME) for name in names]
    return shortened if len(set(shortened)) == len(set(names)) else _leave_out_shared(names)


def _leave_out_shared(names: Sequence[str]) -> list[str]:
    head, shortest = _count_shared(names), min(map(len, names))
    tail = min(_count_shared([name[::-1] for name in names]), shortest - head)
    return [
        _leave_out_middle(name[:head], _LONGEST_SHARED)
        + name[head : len(name) - tail]
        + _leave_out_middle(name[len(name) - tail :], _LONGEST_SHARED)
        for name in names
    ]


def _count_shared(names: Sequence[str]) -> int:
    """With how many letters all of them begin alike."""
    places = enumerate(zip(*names))
    return next((place for place, letters in places if len(set(letters)) > 1), min(map(len, names)))


def _leave_out_middle(name: str, length: int) -> str:
    head, tail = (length - 1) // 2, length // 2
    return name if len(name) <= length else f"{name[:head]}\u2026{name[-tail:]}"


def _whole_names(rows: Sequence[Row]) -> list[str]:
    steps = (
        lambda row: str(PurePath(row.name).with_suffix("")),
        lambda row: row.name,
        lambda row: f"{row.name}, {row.measurement.subject.threads} thr.",
        lambda row: f"{row.name}, {row.measurement.subject.setting}",
    )
    for step in steps:
        names = [step(row) for row in rows]
        if max(Counter(names).values(), default=0) == 1:
            return names
    return [f"{steps[-1](row)}, {host_name(row.measurement)}" for row in rows]
