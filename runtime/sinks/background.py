"""An output in a thread of its own, so that a slow or dead one never slows classification."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Optional, Union

import numpy as np

from runtime.decision_steps import Thin
from runtime.events import SourceEvent
from runtime.result import Result
from runtime.sinks.health import Health, Tell, tell_on_stderr
from runtime.sinks.sink import CLOSE_SECONDS, NotWrittenError, Sink

_ABANDON_SECONDS = 0.2
_NO_PICTURE = np.zeros((0, 0, 3), np.uint8)

Keep = Callable[[Result], Optional[Result]]


def without_picture(result: Result) -> Result:
    """What most outputs need of a result: a few hundred bytes, however many of them wait."""
    return replace(result, frame=replace(result.frame, image=_NO_PICTURE), scores=None)


def with_own_picture(result: Result) -> Result:
    """The picture copied: a source may write the next frame into the same memory."""
    return replace(result, frame=replace(result.frame, image=result.frame.image.copy()), scores=None)


def only_changes() -> Keep:
    """A `keep` that takes a result when its label is another than the last one's."""
    is_new = Thin(on_change=True)

    def keep(result: Result) -> Result | None:
        return without_picture(result) if is_new(result) is not None else None

    return keep


class Background:
    """Runs a sink. `write` and `write_event` return at once and raise nothing.

    Args:
        sink: whose methods are called in the thread; what they raise is told once by `tell`, and so is its end.
        name: of the output, for messages.
        bound: how many results and events wait; the oldest are left out for newer ones, and counted in `left_out`. So
            is in the end what still waits, and what the sink has in hand and does not get written.
        keep: what of a result is kept for the sink; None: this result is not for it.
        takes_events: whether the sink is told of events.
        tell: shows a message to a person.
        patience: seconds that what waits is given in the end, where nobody is in a hurry.
    """

    def __init__(
        self,
        sink: Sink,
        name: str,
        *,
        bound: int = 1000,
        keep: Keep = without_picture,
        takes_events: bool = True,
        tell: Tell = tell_on_stderr,
        patience: float = CLOSE_SECONDS,
    ) -> None:
        self.patience = patience
        self._sink = sink
        self._name = name
        self._keep = keep
        self._takes_events = takes_events
        self._tell = tell
        self._health = Health(name, tell)
        self._waiting: deque[Union[Result, SourceEvent]] = deque(maxlen=bound)
        self._changed = threading.Condition()
        self._stopping = False
        self._is_in_hand = False
        self._ended = threading.Event()
        self.left_out = 0
        self._thread = threading.Thread(target=self._run, name=f"output {name}", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many results and events the sink has not begun to write."""
        return len(self._waiting)

    def write(self, result: Result) -> None:
        kept = self._keep(result)
        if kept is not None:
            self._put(kept)

    def write_event(self, event: SourceEvent) -> None:
        if self._takes_events:
            self._put(event)

    def close(self) -> None:
        """Write what waits, for `patience` seconds at most, then end."""
        close_together([self], [time.monotonic() + self.patience])

    def _stop(self) -> None:
        """Take nothing more and end when the queue is empty; returns at once."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def _wait(self, deadline: float) -> None:
        # Not by joining the thread: an interrupted join takes it for ended (Python 3.10 to 3.12).
        if self._ended.wait(max(0.0, deadline - time.monotonic())):
            self._thread.join()

    def _put(self, item: Result | SourceEvent) -> None:
        with self._changed:
            is_full = len(self._waiting) == self._waiting.maxlen
            self._waiting.append(item)
            self._changed.notify()
        if is_full:
            self.left_out += 1
            if self.left_out == 1:
                self._tell(f"{self._name}: does not keep up; the oldest results are left out")

    def _abandon(self) -> None:
        """Close the sink from outside, which ends the wait of one that can be ended; others end with the process."""
        if self._ended.is_set():
            return
        with self._changed:
            self.left_out += len(self._waiting)
            self._waiting.clear()
        threading.Thread(target=self._close_sink, daemon=True).start()

    def _tell_left_out(self) -> None:
        if self._is_in_hand:
            self._is_in_hand = False
            self.left_out += 1
        if self.left_out:
            count = "1 result was" if self.left_out == 1 else f"{self.left_out} results were"
            self._tell(f"{self._name}: {count} left out")

    def _run(self) -> None:
        while (item := self._next()) is not None:
            try:
                if isinstance(item, SourceEvent):
                    self._sink.write_event(item)
                else:
                    self._sink.write(item)
            except NotWrittenError:
                break
            except Exception as error:  # whatever an output's library raises must not end the thread
                self._failed(error)
            else:
                self._health.worked()
            self._is_in_hand = False
        self._close_sink()
        self._ended.set()

    def _failed(self, error: Exception) -> None:
        self._health.failed(_reason(error))

    def _next(self) -> Result | SourceEvent | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping)
            self._is_in_hand = bool(self._waiting)
            return self._waiting.popleft() if self._waiting else None

    def _close_sink(self) -> None:
        try:
            self._sink.close()
        except Exception as error:
            self._failed(error)


def close_together(backgrounds: Sequence[Background], deadlines: Sequence[float]) -> None:
    """Each writes what waits until its deadline (monotonic seconds); those that have not ended then are given up, all
    at once. So they are where Ctrl-C or SIGTERM cuts the wait short."""
    for background in backgrounds:
        background._stop()
    try:
        for background, deadline in zip(backgrounds, deadlines):
            background._wait(deadline)
    finally:
        for background in backgrounds:
            background._abandon()
        end = time.monotonic() + _ABANDON_SECONDS
        for background in backgrounds:
            background._wait(end)
            background._tell_left_out()


def _reason(error: Exception) -> str:
    """Without the file name that an OSError carries, which may differ each time."""
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
