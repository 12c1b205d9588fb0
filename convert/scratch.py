"""A place for temporary files that is gone afterwards."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "edgeframe-"


@contextlib.contextmanager
def own_scratch() -> Iterator[None]:
    """Have every temporary file made inside go to one folder, which is removed at the end.

    Keras and TensorFlow leave theirs behind when they fail half-way, on a full disk for example.
    """
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder:
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = before


def remove_scratch() -> None:
    """The folder of own_scratch, before the process ends without coming to its end."""
    if (place := Path(tempfile.gettempdir())).name.startswith(_PREFIX):
        shutil.rmtree(place, ignore_errors=True)


def find_scratch_place() -> Path:
    """The folder that the one of own_scratch is made in, which stays."""
    place = Path(tempfile.gettempdir())
    return place.parent if place.name.startswith(_PREFIX) else place
