"""Ctrl-C at a moment when it does no harm; being told to end (SIGTERM) is the same."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def note_interrupts() -> Iterator[list[int]]:
    """The signals that came so far, whatever became of the KeyboardInterrupt that each raised."""
    came: list[int] = []

    def interrupt(number: int, frame: object) -> None:
        came.append(number)
        raise KeyboardInterrupt

    with _handle(interrupt):
        yield came


@contextlib.contextmanager
def defer_interrupts() -> Iterator[None]:
    """Let Ctrl-C take effect at the end only.

    An interrupt while a compiled library is being imported (onnx, TensorFlow) can end the process by a
    segmentation fault, and then nothing is tidied up.
    """
    came: list[int] = []
    with _handle(lambda number, frame: came.append(number)):
        yield
    if came:
        signal.raise_signal(came[0])


@contextlib.contextmanager
def _handle(handler: Callable[[int, object], None]) -> Iterator[None]:
    """Only the main thread may; in another one nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
