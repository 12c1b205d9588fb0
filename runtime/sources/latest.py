"""The newest picture and never an older one: a thread empties a feed into a slot for one.

It fits them, too, while the network is at work on the one before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable, Generic, Optional

import numpy as np

from runtime.errors import SourceError
from runtime.sources.feed import Feed, T

# A live feed ends within a frame. One that does not hangs, and is interrupted; where that does not help either, its
# thread is left behind.
_PATIENCE_SECONDS = 0.5


class StalledError(SourceError):
    """A source is open and gives nothing."""


@dataclass(frozen=True)
class Capture:
    """A picture of a feed, fitted. index: counts from 0, those included that nobody took. captured_at: monotonic
    seconds at which it came. prepare: seconds that fitting it took."""

    index: int
    captured_at: float
    image: np.ndarray
    prepare: float


class Latest(Generic[T]):
    """One opening of a feed, from entering it to leaving it. Iterating gives the newest picture each time.

    Args:
        feed: opened and read in the thread.
        timeout: seconds that opening it, and then each picture, may take. Iterating raises SourceError when it did
            not open in time, StalledError when a picture did not come in time, and what the feed raised.
        first_index: of its first picture.
    """

    def __init__(self, feed: Feed[T], timeout: float, first_index: int = 0) -> None:
        self.next_index = first_index
        self._feed = feed
        self._timeout = min(timeout, threading.TIMEOUT_MAX)
        self._changed = threading.Condition()
        self._capture: Capture | None = None
        self._opened = self._ended = self._stopped = self._hangs = False
        self._error: BaseException | None = None
        # A daemon: it may hang in a driver, and must not keep the process from its end.
        self.thread = threading.Thread(target=self._run, name=f"capture {feed.name}", daemon=True)

    def __enter__(self) -> Latest[T]:
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        with self._changed:
            self._stopped = True
            self._capture = None
        self.thread.join(0 if self._hangs else _PATIENCE_SECONDS)
        if self.thread.is_alive():
            self._feed.interrupt()
            self.thread.join(_PATIENCE_SECONDS)

    def __iter__(self) -> Iterator[Capture]:
        name, seconds = self._feed.name, f"{self._timeout:g} s"
        if not self._wait(lambda: self._opened):
            raise SourceError(f"{name}: did not open within {seconds}; check that it is on and connected")
        while True:
            if not self._wait(lambda: self._capture is not None):
                raise StalledError(f"{name}: gave no frame for {seconds}; check that it is on and connected")
            with self._changed:
                capture, self._capture = self._capture, None
            if capture is None:
                if self._error is not None:
                    raise self._error
                return
            yield capture

    def _wait(self, is_there: Callable[[], bool]) -> bool:
        """Until it is there, or the thread has ended; False when neither came in time."""
        with self._changed:
            self._hangs = not self._changed.wait_for(lambda: is_there() or self._ended, self._timeout)
            return not self._hangs

    def _run(self) -> None:
        try:
            with self._feed.open() as pictures:
                self._tell(opened=True)
                while self._take(pictures):
                    pass
        except Exception as error:  # raised again where the pictures are taken
            self._error = error
        finally:
            self._tell(ended=True)

    def _take(self, pictures: Iterator[Optional[T]]) -> bool:
        """Put the next picture into the slot; whether another one is wanted. Nothing holds the picture after it."""
        for picture in pictures:
            if picture is None:
                self.next_index += 1
                continue
            captured_at = time.monotonic()
            if self._stopped:  # and perhaps opened again: what fits its pictures is no longer this thread's
                return False
            image = self._feed.fit(picture)
            with self._changed:
                self._capture = Capture(self.next_index, captured_at, image, time.monotonic() - captured_at)
                self.next_index += 1
                self._changed.notify_all()
            return True
        return False

    def _tell(self, opened: bool = False, ended: bool = False) -> None:
        with self._changed:
            self._opened |= opened
            self._ended |= ended
            self._changed.notify_all()
