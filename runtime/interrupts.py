"""Ctrl-C at a moment when it does no harm; being told to end (SIGTERM), or that the terminal closes (SIGHUP), is the
same. A signal that this process was started to ignore, as `nohup` does, stays ignored."""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType
    from typing import NoReturn

    Handler = Callable[[int, FrameType | None], object]

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
# Until it is looked again whether an exception would be heard.
_LATER_SECONDS = 0.005
# What these raise Python prints, and goes on: of objects that end, and of JAX, at each collection of garbage.
_UNHEARD = {"__del__", "_xla_gc_callback"}


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Within it, Ctrl-C raises KeyboardInterrupt and the others SystemExit where they would end the process, so that
    nothing is left behind.
    """
    ends: dict[int, Handler] = {**dict.fromkeys(_SIGNALS, _terminate), signal.SIGINT: signal.default_int_handler}
    with _handle({n: _where_heard(end) for n, end in ends.items() if signal.getsignal(n) is signal.SIG_DFL}):
        yield


@contextlib.contextmanager
def ended_at_once(tidy: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Within it, while a large library is imported, they end the process, once all that there is to tidy up is."""

    def end(number: int, frame: FrameType | None) -> None:
        tidy()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    with _handle(dict.fromkeys(_heeded(), end)):
        yield


@contextlib.contextmanager
def note_interrupts() -> Iterator[list[int]]:
    """The signals that came so far, whatever became of the KeyboardInterrupt that each raised."""
    came: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        came.append(number)
        raise KeyboardInterrupt

    with _handle(dict.fromkeys(_heeded(), _where_heard(interrupt))):
        yield came


@contextlib.contextmanager
def defer_interrupts() -> Iterator[None]:
    """Let Ctrl-C take effect at the end only.

    An interrupt while a compiled library is being imported (onnx, TensorFlow) can end the process by a
    segmentation fault, and then nothing is tidied up.
    """
    came: list[int] = []
    with _handle(dict.fromkeys(_heeded(), lambda number, frame: came.append(number))):
        yield
    if came:
        signal.raise_signal(came[0])


def _heeded() -> list[int]:
    return [number for number in _SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None)]


@contextlib.contextmanager
def _handle(handlers: Mapping[int, Handler | signal.Handlers]) -> Iterator[None]:
    """Only the main thread may; in another one nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)  # as a shell tells it


def _where_heard(handler: Handler) -> Handler:
    """A handler of a signal that raises an exception, which waits for the end of an import, and of what nobody calls:
    there the exception would be lost, or come out as another one, as of numpy's and LiteRT's C code.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        if _would_be_lost(frame):
            # Not of threading, whose locks the code that is interrupted may hold.
            _thread.start_new_thread(_send_again, (number,))
        else:
            handler(number, frame)

    return handle


def _would_be_lost(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib.") or frame.f_code.co_name in _UNHEARD:
            return True
        frame = frame.f_back
    return False


def _send_again(number: int) -> None:
    time.sleep(_LATER_SECONDS)
    os.kill(os.getpid(), number)
