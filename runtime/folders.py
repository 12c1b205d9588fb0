"""What is at a path, and listing the files of a folder as a person would."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Callable, Literal, Optional

from runtime.errors import EdgeframeError

At = Literal["nothing", "file", "folder", "pipe or device"]


def what_is_at(path: str | Path, error: type[EdgeframeError]) -> At:
    """What a name stands for, links followed. Raises `error` where the system does not say: pathlib's questions raise
    for a folder that may not be entered, and for a name that is too long."""
    try:
        mode = Path(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the last: a zero byte in the name
        return "nothing"
    except OSError as failure:
        raise error(f"{path}: {failure.strerror}; check the name, and that this user may enter its folders") from None
    if stat.S_ISREG(mode):
        return "file"
    return "folder" if stat.S_ISDIR(mode) else "pipe or device"


def list_files(folder: Path, on_error: Optional[Callable[[OSError], None]] = None) -> list[str]:
    """The files in a folder and below it, as paths from there with `/`, in natural order (photo2 before photo10).

    Links are followed, but for one that leads back to a folder it lies in; hidden files and folders are left out.
    on_error: told of each folder that cannot be listed; without it they are passed over.
    """
    files = []
    ways: dict[Path, list[str]] = {folder: []}  # of a folder that is still to be entered: where the ones above it lie
    for entered, folders, names in os.walk(folder, onerror=on_error, followlinks=True):
        path, place = Path(entered), os.path.realpath(entered)
        way = ways.pop(path)
        if place in way:
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        ways.update((path / name, [*way, place]) for name in folders)
        inside = path.relative_to(folder)
        files += [(inside / name).as_posix() for name in names if not name.startswith(".")]
    return sorted(files, key=natural_order)


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """A sort key under which photo2 comes before photo10."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name)]
