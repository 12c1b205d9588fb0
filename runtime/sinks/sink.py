"""What an output is."""

from __future__ import annotations

from typing import Protocol

from runtime.result import Result


class Sink(Protocol):
    """Takes each result as it comes; `close` ends what is half-written."""

    def write(self, result: Result) -> None: ...

    def close(self) -> None: ...
