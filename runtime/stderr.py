"""The standard error, which libraries write to in C++, and which what is told to a person must reach meanwhile."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import TextIO

# Two threads that turn stderr away at once would leave it turned away.
_TURNING = threading.Lock()
# Held for no longer than it takes to exchange the descriptor, or to write.
_EXCHANGE = threading.Lock()
_kept: list[TextIO] = []  # one or none: the real one, while it is turned away


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keep the log of C++ libraries ("INFO: Created TensorFlow Lite XNNPACK delegate") off the terminal.

    It can only be caught at the file descriptor, which is the whole process's: other threads' messages get through by
    `write_stderr`.
    """
    with _TURNING, contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, AttributeError, ValueError):  # a stream that is closed
            sys.stderr.flush()
            kept = stack.enter_context(open(os.dup(2), "w", encoding=sys.stderr.encoding, errors="backslashreplace"))
            stack.callback(_exchange, kept.fileno())
            with open(os.devnull, "wb") as nowhere:
                _exchange(nowhere.fileno(), kept)
        yield


def write_stderr(text: str) -> None:
    """Write at once, also while another thread is in `quiet_stderr`. Raises OSError."""
    with _EXCHANGE:
        stream = _kept[0] if _kept else sys.stderr
        stream.write(text)
        stream.flush()


def _exchange(descriptor: int, *kept: TextIO) -> None:
    """Make `descriptor` the standard error; where messages go meanwhile is `kept`."""
    with _EXCHANGE:
        os.dup2(descriptor, 2)
        _kept[:] = kept
