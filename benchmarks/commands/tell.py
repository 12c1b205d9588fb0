"""What a long command says at its end, also where Ctrl-C ends it early."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager


@contextmanager
def tell_at_end(figures: Sized, tell: Callable[[], None]) -> Iterator[None]:
    """Calls `tell` after what is within it, and after Ctrl-C, too, where there are figures by then."""
    try:
        yield
    except KeyboardInterrupt:
        if figures:
            print("interrupted; so far:")
            tell()
        raise
    tell()
