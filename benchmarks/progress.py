"""Progress on a terminal: a bar on standard error, nothing where that is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]


@contextmanager
def progress_bar(title: str, unit: str) -> Iterator[Progress]:
    """Gives a function to be told how many of how many are done; the bar has the time left."""
    from tqdm import tqdm

    with tqdm(desc=title, unit=f" {unit}", disable=None, leave=False, dynamic_ncols=True) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
