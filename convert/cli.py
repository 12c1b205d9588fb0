"""`python -m convert`: arguments in, one file and a summary out; errors are one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence

from convert.agreement import wilson_interval
from convert.arguments import parse_order
from convert.conversion import Conversion, convert
from convert.interrupts import note_interrupts
from convert.observer import Observer, T
from convert.quiet import quiet_libraries
from runtime.errors import EdgeframeError, PictureError, UsageError

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


class _Bars(Observer):
    """Progress bars on standard error, where that is a terminal."""

    def track(self, items: Iterable[T], what: str, total: int) -> Iterable[T]:
        from tqdm import tqdm

        bar: Iterable[T] = tqdm(items, desc=what, total=total, leave=False, disable=None, file=sys.stderr)
        return bar

    def skip(self, error: PictureError) -> None:
        from tqdm import tqdm

        tqdm.write(f"convert: {error}; left out", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code comes back."""
    with note_interrupts() as interrupts:
        try:
            order = parse_order(arguments)
            with quiet_libraries():
                done = convert(order, _Bars())
            print(_summary(done), flush=True)
            return DONE
        except (Exception, KeyboardInterrupt) as error:
            # Where Ctrl-C comes while a C++ library calls back into Python, another exception comes out of it.
            return INTERRUPTED if interrupts else _tell(error)


def _tell(error: BaseException) -> int:
    """One line on standard error, where the error is the user's to mend; its exit code comes back."""
    if isinstance(error, EdgeframeError):
        print(f"convert: {error}", file=sys.stderr)
        return WRONG_USAGE if isinstance(error, UsageError) else FAILED
    if isinstance(error, ModuleNotFoundError):
        print(f"convert: {error.name} is not installed; pip install -e '.[convert]'", file=sys.stderr)
        return FAILED
    if isinstance(error, BrokenPipeError):
        # Python flushes standard output once more when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    raise error


def _summary(done: Conversion) -> str:
    agreement = done.agreement
    rows = [
        ("file", f"{done.path} ({done.size / 1e6:.2f} MB)"),
        ("recipe", f"{done.card.recipe}, by {', '.join(done.tools)}"),
        ("checked on", f"{agreement.count} pictures that did not calibrate it ({done.split})"),
        ("agreement", _share_line(agreement.agreeing, agreement.count)),
    ]
    if agreement.correct is not None and agreement.correct_original is not None:
        rows.append(("top-1, original", _share_line(agreement.correct_original, agreement.count)))
        rows.append(("top-1, this file", _share_line(agreement.correct, agreement.count)))
    rows.append(
        ("score difference", f"mean {agreement.mean_difference:.4f}, largest {agreement.largest_difference:.4f}")
    )
    return "\n".join(f"{name:<17} {text}" for name, text in rows)


def _share_line(successes: int, count: int) -> str:
    low, high = wilson_interval(successes, count)
    return f"{successes / count:.1%} (95% interval {low:.1%} to {high:.1%})"
