"""What is asked for when a source is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional

from runtime.card import ModelCard
from runtime.errors import PictureError, UsageError
from runtime.events import SourceEvent
from runtime.printable import without_credentials
from runtime.sources.options import SourceOptions

STANDARD_INPUT = "-"
OnError = Callable[[PictureError], None]
OnEvent = Callable[[SourceEvent], None]


@dataclass(frozen=True)
class SourceRequest:
    """spec: what the user named. card: whose input and fit the frames are made for. on_error: told of each of several
    pictures that cannot be read (without it the first one raises). on_event: of each change of a live source's state.
    is_camera: the user said that it is one.
    """

    spec: str
    card: ModelCard
    options: SourceOptions
    on_error: Optional[OnError] = None
    on_event: Optional[OnEvent] = None
    is_camera: bool = False

    @property
    def name(self) -> str:
        """The spec as it may be shown."""
        return without_credentials(self.spec)

    def refuse_camera_mode(self) -> None:
        """Raise UsageError where a size or rate is asked of what has its own."""
        if self.options.camera_size is not None or self.options.camera_fps is not None:
            raise UsageError(f"{self.name}: has its own size and rate; leave out --camera-size and --camera-fps")

    def refuse_waiting(self) -> None:
        """Raise UsageError where a camera is awaited and files are named: they are there or not."""
        if self.options.wait:
            raise UsageError(f"{self.name}: is no camera, there is nothing to wait for; leave out --wait")

    def refuse_pace(self) -> None:
        """Raise UsageError where pictures that have no pace are to come at their own."""
        if self.options.realtime:
            raise UsageError(f"{self.name}: pictures have no pace of their own; leave out --realtime")
