"""The process of a command line, from the first line that is ours to the last: Ctrl-C ends it without a word."""

from __future__ import annotations

import _thread
import contextlib
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType
    from typing import NoReturn

    Handler = Callable[[int, FrameType | None], object]

EXIT_TERMINATED = 143
# Until it is seen again whether an import is over.
_IMPORT_SECONDS = 0.005


def run_command() -> NoReturn:
    """The command `runtime`, which ends without taking its modules down: a tenth of the time of a short command.

    Nothing is lost by that: what has to be closed is closed by contexts within `main`.
    """
    status = _run("runtime.cli")
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(status)


def run_room(room: str) -> NoReturn:
    """`python -m` train, convert or benchmarks."""
    sys.exit(_run(f"{room}.cli"))


def _run(module: str) -> int:
    """`main()` of it. Ctrl-C while modules are imported or taken down ends the process at once, by the signal: there
    is nothing to tidy up yet, and a library that is being imported makes another exception of it, or none.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, and stays so
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    status: int = importlib.import_module(module).main()
    return status


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Within it, Ctrl-C raises KeyboardInterrupt and SIGTERM SystemExit where they would end the process, so that
    nothing is left behind.
    """
    ends: dict[int, Handler] = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: _terminate}
    with _handle({n: outside_imports(end) for n, end in ends.items() if signal.getsignal(n) is signal.SIG_DFL}):
        yield


@contextlib.contextmanager
def ended_at_once() -> Iterator[None]:
    """Within it, while a large library is imported and there is nothing to tidy up, both end the process."""
    numbers = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) not in (signal.SIG_IGN, None)]
    with _handle(dict.fromkeys(numbers, signal.SIG_DFL)):
        yield


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
    raise SystemExit(EXIT_TERMINATED)


def outside_imports(handler: Handler) -> Handler:
    """A handler of a signal that raises an exception, which waits for the end of an import: there the exception would
    be lost, or come out as another one, as of numpy's and LiteRT's C code.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        if _is_importing(frame):
            # Not of threading, whose locks the code that is interrupted may hold.
            _thread.start_new_thread(_send_again, (number,))
        else:
            handler(number, frame)

    return handle


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib."):
            return True
        frame = frame.f_back
    return False


def _send_again(number: int) -> None:
    time.sleep(_IMPORT_SECONDS)
    os.kill(os.getpid(), number)
