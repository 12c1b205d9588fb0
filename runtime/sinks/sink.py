"""What an output is."""

from __future__ import annotations

from typing import Protocol

from runtime.events import SourceEvent
from runtime.result import Result

# What still waits is written within this after Ctrl-C or SIGTERM, counted from the moment it came; with what a camera,
# which ends meanwhile, takes in the worst case, that is about 2 s.
CLOSE_SECONDS = 1.2


class NotWrittenError(Exception):
    """Raised by a `write` or `write_event` that `close` has ended before anything was written."""


class Sink(Protocol):
    """Takes each reported result, and what becomes of the source, as they come.

    `close` ends what is half-written. `write` and `write_event` raise what goes wrong; Background tells it to a
    person and goes on. A sink that may wait in `write` lets `close`, called from another thread, end the wait, and
    raises NotWrittenError.
    """

    def write(self, result: Result) -> None: ...

    def write_event(self, event: SourceEvent) -> None: ...

    def close(self) -> None: ...
