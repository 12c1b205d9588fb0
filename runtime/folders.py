"""Listing the files of a folder as a person would."""

from __future__ import annotations

import os
import re
from pathlib import Path


def list_files(folder: Path) -> list[str]:
    """The files in a folder and below it, as paths from there with `/`, in natural order (photo2 before photo10).

    Links are followed, each folder is entered once, and hidden files and folders are left out.
    """
    files = []
    entered = set()
    for path, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [] if os.path.realpath(path) in entered else [name for name in folders if not name.startswith(".")]
        if os.path.realpath(path) not in entered:
            inside = Path(path).relative_to(folder)
            files += [(inside / name).as_posix() for name in names if not name.startswith(".")]
        entered.add(os.path.realpath(path))
    return sorted(files, key=natural_order)


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """A sort key under which photo2 comes before photo10."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name)]
