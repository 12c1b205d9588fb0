"""The standard output of a camera or stream, whose reader may be slow or stand still."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TextIO

from runtime.events import SourceEvent
from runtime.result import Result
from runtime.sinks.background import Background
from runtime.sinks.sink import Sink

_PATIENCE_SECONDS = 10.0


class LiveScreen(Background):
    """Runs the sink on the standard output in a thread, as any other output.

    Unlike of others, what it raises is the end of the whole: the next `write` raises it, or `raise_error`.
    """

    def __init__(self, make_sink: Callable[[TextIO], Sink]) -> None:
        self._error: Exception | None = None
        super().__init__(make_sink(_open_again(sys.stdout)), "the standard output", patience=_PATIENCE_SECONDS)

    def write(self, result: Result) -> None:
        self.raise_error()
        super().write(result)

    def write_event(self, event: SourceEvent) -> None:
        self.raise_error()
        super().write_event(event)

    def close(self) -> None:
        super().close()
        self.raise_error()

    def raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    def _failed(self, error: Exception) -> None:
        self._error = error


def _open_again(stream: TextIO) -> TextIO:
    """With a buffer of its own: a thread that waits in its write keeps others, and the process's end, from it."""
    try:
        number = stream.fileno()
    except (OSError, ValueError):  # no file, as in tests
        return stream
    return open(number, "w", encoding=stream.encoding, errors=stream.errors, closefd=False)
