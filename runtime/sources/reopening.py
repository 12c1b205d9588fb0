"""Opening a source again after it was lost: when, how often, and when to give up."""

from __future__ import annotations

import random
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Callable, Generic, TypeVar

from runtime.errors import SourceError
from runtime.sources.latest import StalledError

FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.5, 30.0

T = TypeVar("T")
Tell = Callable[[str, str], None]


class Reopening(Generic[T]):
    """Iterating gives the items of one attempt after the other, until an attempt ends without an error.

    An attempt that raises SourceError is followed by another one: at once never, but after a delay that doubles from
    0.5 s to 30 s and is drawn at random, so that many devices do not come back to a server at the same moment. It
    starts at 0.5 s again after an attempt that gave items for longer than the delay before it.

    Args:
        attempt: one opening of the source; a generator of its items, closed when no more are wanted.
        tell: told of each state of runtime.events, and the reason.
        retries: attempts in a row without an item after which the last error is raised; None: for ever.
        wait: try again, too, when no attempt has given an item yet.
        clock, sleep, draw: time.monotonic, time.sleep, random.uniform.
    """

    def __init__(
        self,
        attempt: Callable[[], Generator[T, None, None]],
        tell: Tell,
        *,
        retries: int | None = None,
        wait: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._attempt = attempt
        self._tell = tell
        self._retries = retries
        self._may_retry = wait
        self._clock = clock
        self._sleep = sleep
        self._draw = draw
        self._retried = 0
        self._live_since: float | None = None

    def __iter__(self) -> Generator[T, None, None]:
        delays, delay = self._delays(), 0.0
        while True:
            try:
                yield from self._live()
                return
            except SourceError as error:
                self._decide(error)
            if self._live_since is not None and self._clock() - self._live_since > delay:
                delays = self._delays()
            delay = next(delays)
            self._sleep(delay)
            self._retried += 1

    def _live(self) -> Iterator[T]:
        """The items of one attempt."""
        self._live_since = None
        self._tell("opening", "")
        with closing(self._attempt()) as items:
            for item in items:
                if self._live_since is None:
                    self._live_since = self._clock()
                    self._may_retry, self._retried = True, 0
                    self._tell("live", "")
                yield item

    def _decide(self, error: SourceError) -> None:
        """Raise the error again, or tell it where there is to be another attempt."""
        if not self._may_retry:
            raise error
        self._tell("stalled" if isinstance(error, StalledError) else "lost", str(error))
        if self._retries is not None and self._retried >= self._retries:
            tries = f"; given up after {self._retried} retries (--retries)" if self._retried else ""
            raise SourceError(f"{error}{tries}") from None

    def _delays(self) -> Iterator[float]:
        longest = 2 * FIRST_DELAY_SECONDS
        while True:
            yield self._draw(longest / 2, longest)
            longest = min(LONGEST_DELAY_SECONDS, 2 * longest)
