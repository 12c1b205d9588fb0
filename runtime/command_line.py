"""What all command lines here have alike: wrong usage in one line, numbers, and how a command ends.

Wrong usage and errors are one line on standard error. The exit status is 0 for done, 1 where the work failed, 2 for
wrong usage, and for an interruption what a shell makes of the signal.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import textwrap
from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING, Any, NoReturn

from runtime.errors import EdgeframeError, OutputError, UsageError
from runtime.interrupts import interruptible
from runtime.printable import printable

if TYPE_CHECKING:
    from runtime.card import Fit

EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130
EXIT_SIGNALLED = 128  # with the signal's number added, as a shell has it

# Of a count: more than anybody means, and few enough for all that counts with it.
_MOST = 1_000_000_000


class _HelpFormatter(argparse.HelpFormatter):
    """Descriptions and epilogs fit the terminal; lines that begin with a space, as examples do, stay as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines: list[str] = []
        for is_prose, group in groupby(text.splitlines(), lambda line: line[:1] not in ("", " ")):
            together = list(group)
            lines += textwrap.wrap(" ".join(together), width, break_on_hyphens=False) if is_prose else together
        return "".join(f"{indent}{line}\n" for line in lines)


class Parser(argparse.ArgumentParser):
    """Wrong usage is one line, as every other error; options are typed in full."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"formatter_class": _HelpFormatter, "allow_abbrev": False, **settings})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """What it does not know is told by the parser of the sub-command, which has the help that is of use."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, []

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def exit_status(room: str, run: Callable[[], int]) -> int:
    """That of `run`, whose result it is; where it raises what is for the user, that is told first."""
    _mend_streams()
    try:
        with interruptible():
            try:
                status = run()
            except SystemExit:
                sys.stdout.flush()  # --help too may be read by one who has had enough
                raise
            sys.stdout.flush()
            return status
    except (Exception, KeyboardInterrupt) as error:
        return tell_error(room, error)


def _mend_streams() -> None:
    """A stream that was closed (`>&-`) is None here: what is written to it goes nowhere. What the terminal has no
    character for (`PYTHONIOENCODING=ascii`) is a question mark."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 (of the process)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="replace")


def _describe_unwritable_output() -> str:
    """Empty where it can be written."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _discard_output()
        return f"the standard output cannot be written ({error.strerror})"
    return ""


def _discard_output() -> None:
    """What nothing takes any more may not be written at exit, either."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell_error(room: str, error: BaseException) -> int:
    """One line on standard error for what the user can mend, none for who ended it; the exit status comes back.

    Raises what is neither: it is a mistake of ours.
    """
    if isinstance(error, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    if isinstance(error, BrokenPipeError):
        _discard_output()  # whoever read it has had enough
        return EXIT_DONE
    if isinstance(error, ModuleNotFoundError):
        parts = "edgeframe" if room == "runtime" else f"-e '.[{room}]'"
        told = f"{error.name} is not installed; pip install {parts}"
    elif isinstance(error, (EdgeframeError, OSError, MemoryError)):
        told = str(error) or "not enough memory"
        if isinstance(error, (OutputError, OSError)):
            told = _describe_unwritable_output() or told
    else:
        raise error
    with contextlib.suppress(OSError):  # nobody reading it is no other end
        print(printable(f"{room}: {told}"), file=sys.stderr)
    return EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED


def whole_number(text: str, least: int, most: int) -> int:
    """Within these bounds, both included."""
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text!r}, expected a whole number from {least} to {most}")
    return number


def positive(text: str) -> int:
    """A count of 1 or more."""
    return whole_number(text, 1, _MOST)


def share(text: str) -> float:
    """`5%` or `0.05`."""
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        number = -1
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r}, expected a share of 0% to 100%, such as 5% or 0.05")
    return number


def seconds(text: str) -> float:
    """A time such as `0.5s`, `500ms` or `1m`."""
    from runtime.quantities import parse_seconds

    try:
        return parse_seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def fit(text: str) -> Fit:
    """`crop`, `crop:0.875`, `squash` or `letterbox`."""
    from runtime.card import Fit

    try:
        return Fit.parse(text)
    except EdgeframeError:
        expected = "crop, crop:F with F above 0 and at most 1, squash or letterbox"
        raise argparse.ArgumentTypeError(f"{text!r}, expected {expected}") from None
