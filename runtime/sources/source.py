"""What a source is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from runtime.card import ModelCard
from runtime.frame import Frame


class Source(Protocol):
    """Frames, fitted to the network's input by the cheapest means that the source has.

    A context manager: leaving it lets go of the camera or file. Iterating opens it, and raises SourceError when there
    are no frames to be had.
    `is_video`: the frames are of one moving scene, not separate pictures. `is_live`: it does not wait for whoever takes
    them, as a camera or stream, which gives its newest frame, and older ones are dropped; it is opened again when it is
    lost, while iterating waits.
    """

    name: str
    is_video: bool
    is_live: bool

    def __enter__(self) -> Source: ...

    def __exit__(self, *exception: object) -> None: ...

    def refit(self, card: ModelCard) -> None:
        """Make frames for another model from now on; one that is on its way may still be fitted for the last."""

    def __iter__(self) -> Iterator[Frame]: ...
