"""What a live source is read from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Optional, Protocol, TypeVar

import numpy as np

from runtime.card import ModelCard

T = TypeVar("T")


class Feed(Protocol[T]):
    """A camera or stream that can be opened again and again; `T` is what its pictures are before they are fitted.

    All but `interrupt` runs in a thread of its own, may block for as long as it likes, and raises SourceError where
    the camera cannot be opened or is lost. An iterator that ends means that there is nothing more to come, ever (a
    recording's end); a stream that breaks off raises. A picture may lie in memory of the driver, so it must be gone
    before the context is left.
    """

    name: str

    def open(self) -> AbstractContextManager[Iterator[Optional[T]]]:
        """The pictures, as they come, None for one that was passed over for a newer one; leaving the context lets go of
        the camera.
        """

    def interrupt(self) -> None:
        """End a read that hangs, where the system has a way to; called from another thread."""

    def refit(self, card: ModelCard) -> None:
        """Fit pictures for another model from now on; called from another thread."""

    def fit(self, picture: T) -> np.ndarray:
        """A picture as the network's input, in memory of its own; called between two reads, from their thread."""
