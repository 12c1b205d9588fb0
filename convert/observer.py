"""How a conversion tells what it is doing, without knowing who listens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from runtime.errors import PictureError

T = TypeVar("T")


class Observer:
    """Told how a conversion goes on. This one keeps silent; the command line's shows bars."""

    def track(self, items: Iterable[T], what: str, total: int) -> Iterable[T]:
        """The same items, watched: `what` is being done to `total` of them."""
        return items

    def skip(self, error: PictureError) -> None:
        """A picture that cannot be read is left out."""
