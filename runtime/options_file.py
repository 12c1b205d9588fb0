"""Options that stand in a file: what many devices share, and passwords, which a list of processes would show."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from runtime.errors import UsageError

_MARK = "@"


def expand_options(arguments: Iterable[str]) -> list[str]:
    """The arguments, in place of each `@FILE` what stands in that file. Raises UsageError where it cannot be read.

    As one would type it, on as many lines as one likes; lines that begin with # are comments.
    """
    expanded: list[str] = []
    for argument in arguments:
        expanded += _read_options(argument) if argument.startswith(_MARK) else [argument]
    return expanded


def _read_options(argument: str) -> list[str]:
    import shlex  # not at the top: few command lines have such a file

    try:
        text = Path(argument[len(_MARK) :]).read_text("utf-8")
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        return shlex.split("\n".join(lines))
    except OSError as error:
        reason = error.strerror or "no such file"
    except UnicodeDecodeError:
        reason = "is no text"
    except ValueError as error:  # of shlex: No closing quotation
        reason = str(error)
    raise UsageError(
        f"{argument}: {reason}; expected a file of options, as they are typed (a picture whose name begins with "
        f"{_MARK}: ./{_MARK}...)"
    )
