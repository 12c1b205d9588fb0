"""A camera or stream: its newest frame, opened again whenever it is lost."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Generic

from runtime.card import ModelCard
from runtime.errors import PictureError, SourceError
from runtime.events import SourceEvent
from runtime.frame import Frame
from runtime.sources.feed import Feed, T
from runtime.sources.frozen import FrozenWatch
from runtime.sources.latest import Capture, Latest
from runtime.sources.options import SourceOptions
from runtime.sources.reopening import Reopening
from runtime.sources.request import OnError, OnEvent

# Threads that hang in a driver (or in a look-up of a name) and can be neither ended nor killed; what holds so many is
# beyond help.
MOST_LEFT_BEHIND = 3


class LiveSource(Generic[T]):
    """The frames of a feed; see Source.

    Args:
        feed: the camera or stream.
        options: how long to wait for it, and how often to open it again.
        on_event: told of each change of its state, in the thread that iterates.
        on_error: told there of what could not be read of a recording; without it that raises PictureError.
    """

    is_video = is_live = True

    def __init__(
        self,
        feed: Feed[T],
        options: SourceOptions,
        on_event: OnEvent | None = None,
        on_error: OnError | None = None,
    ) -> None:
        self.name = feed.name
        self._feed = feed
        self._options = options
        self._on_event = on_event or (lambda event: None)
        self._on_error = on_error
        self._frozen = FrozenWatch(options.frozen_after)
        self._left_behind: list[threading.Thread] = []
        self._next_index = self._given = self._lives = 0
        self._frames: Generator[Frame, None, None] | None = None

    def __enter__(self) -> LiveSource[T]:
        self._next_index = self._given = self._lives = 0
        self._frames = self._read_and_tell()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._frames is not None:
            self._frames.close()

    def refit(self, card: ModelCard) -> None:
        self._feed.refit(card)

    def __iter__(self) -> Iterator[Frame]:
        assert self._frames is not None, "enter the source first"
        return self._frames

    def _read_and_tell(self) -> Generator[Frame, None, None]:
        try:
            yield from self._read()
        except PictureError as error:
            if self._on_error is None:
                raise
            self._on_error(error)

    def _read(self) -> Generator[Frame, None, None]:
        opened = Reopening(self._open, self._follow, retries=self._options.retries, wait=self._options.wait)
        with closing(iter(opened)) as captures:
            for capture in captures:
                if self._frozen.look(capture.image, capture.captured_at):
                    self._tell("frozen" if self._frozen.is_frozen else "live", self._frozen.reason)
                yield Frame(
                    capture.image,
                    capture.captured_at,
                    capture.index,
                    self.name,
                    is_fitted=True,
                    prepare=capture.prepare,
                )

    def _open(self) -> Generator[Capture, None, None]:
        """The captures of one opening."""
        self._left_behind = [thread for thread in self._left_behind if thread.is_alive()]
        if len(self._left_behind) >= MOST_LEFT_BEHIND:
            raise SourceError(
                f"{self.name}: {len(self._left_behind)} reads of it hang and cannot be ended; "
                "switch it off and on, or restart this machine"
            )
        latest = Latest(self._feed, self._options.timeout, self._next_index)
        try:
            with latest:
                for capture in latest:
                    self._given += 1
                    self._next_index = capture.index + 1
                    yield capture
        finally:
            self._next_index = latest.next_index
            self._left_behind.append(latest.thread)

    def _follow(self, state: str, reason: str) -> None:
        """What opening the source again goes through."""
        if state == "opening":
            self._frozen.restart()
        self._lives += state == "live"
        self._tell(state, reason)

    def _tell(self, state: str, reason: str) -> None:
        reopenings, dropped = max(0, self._lives - 1), self._next_index - self._given
        self._on_event(SourceEvent(self.name, state, reason, reopenings=reopenings, dropped=dropped))
