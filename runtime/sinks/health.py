"""Telling a person that an output fails: once, and once more when it works again."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable

from runtime.printable import printable
from runtime.stderr import write_stderr

Tell = Callable[[str], None]

# A library may put the time or an address into each message; these are enough to understand an outage.
_MOST_REASONS = 5


def tell_on_stderr(message: str) -> None:
    """One line on stderr. Nobody reading it is no reason to stop."""
    with contextlib.suppress(OSError, ValueError):
        # A live line of the terminal is erased first.
        start = "\r\x1b[K" if sys.stderr.isatty() else ""
        write_stderr(f"{start}runtime: {printable(message)}\n")


class Health:
    """Whether the output `name` works. Each reason of an outage is told once; so is its end."""

    def __init__(self, name: str, tell: Tell) -> None:
        self._name = name
        self._tell = tell
        self._reasons: set[str] = set()

    def failed(self, reason: str) -> None:
        if reason not in self._reasons and len(self._reasons) < _MOST_REASONS:
            self._reasons.add(reason)
            self._tell(f"{self._name}: {reason}; classifying goes on")

    def worked(self) -> None:
        if self._reasons:
            self._reasons.clear()
            self._tell(f"{self._name}: works again")
