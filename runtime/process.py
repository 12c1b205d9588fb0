"""The process of a command line, from the first line that is ours to the last: Ctrl-C ends it without a word."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


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
