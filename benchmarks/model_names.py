"""What a model file is called beside others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePath


def name_models(*runs: Iterable[str]) -> dict[str, str]:
    """Of each path its file's name, with as many of its folders as tell it from the others of its run.

    `main/m.tflite` and `branch/m.tflite` of one run keep their folder; a file of that name in another of the runs
    then keeps its own too, so that what is called the same stands for the same.
    """
    alike: defaultdict[str, list[set[PurePath]]] = defaultdict(list)
    paths = [set(run) for run in runs]
    for run in paths:
        files: defaultdict[str, set[PurePath]] = defaultdict(set)
        for path in run:
            files[PurePath(path).name].add(PurePath(path))
        for name, found in files.items():
            alike[name].append(found)
    parts = {name: max(map(_count_parts, groups)) for name, groups in alike.items()}
    return {path: _last_parts(PurePath(path), parts[PurePath(path).name]) for run in paths for path in run}


def _count_parts(paths: set[PurePath]) -> int:
    """How many of the last parts of each path no two of them share."""
    count = 1
    while len({_last_parts(path, count) for path in paths}) < len(paths):
        count += 1
    return count


def _last_parts(path: PurePath, count: int) -> str:
    return str(PurePath(*path.parts[-count:]))
