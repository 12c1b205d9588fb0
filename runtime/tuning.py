"""What `runtime tune` found to be quickest for a model on this machine, kept for `--threads auto`."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.errors import ModelError
from runtime.state import recall, remember
from runtime.whole_file import file_sha256

_STATE = "tuned"


@dataclass(frozen=True)
class Tuning:
    """backend, threads: that classify one frame soonest. picture_workers, picture_threads: how many interpreters of
    how many threads each classify the most pictures a second. Raises ModelError for what none of them can be."""

    backend: str
    threads: int
    picture_workers: int
    picture_threads: int

    def __post_init__(self) -> None:
        counts = (self.threads, self.picture_workers, self.picture_threads)
        if not isinstance(self.backend, str) or any(type(count) is not int or count < 1 for count in counts):
            raise ModelError(f"{self}: expected a name, and numbers from 1 on")


def recall_tuning(path: Path) -> Tuning | None:
    """What was found for a file with this content on this machine, or None."""
    fields = recall(_STATE, _name(path))
    try:
        return None if fields is None else Tuning(**fields)
    except (TypeError, ModelError):  # of another version of edgeframe
        return None


def remember_tuning(path: Path, tuning: Tuning) -> bool:
    """Whether it could be kept."""
    fields: dict[str, Any] = dataclasses.asdict(tuning)
    return remember(_STATE, _name(path), fields)


def _name(path: Path) -> str:
    """A home may be shared by several machines."""
    import socket

    return f"{file_sha256(path)}.{re.sub('[^A-Za-z0-9.-]', '_', socket.gethostname())}"
