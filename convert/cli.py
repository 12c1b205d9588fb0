"""`python -m convert`: arguments in, files and what was measured of them out; errors are a line and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from convert.arguments import parse_order
from convert.conversion import Conversion, Failure, convert
from convert.observer import Observer, T
from convert.quiet import quiet_libraries
from convert.report import format_summary, format_table, read_operators, time_file
from runtime.command_line import EXIT_DONE, EXIT_SIGNALLED, exit_status, tell_error
from runtime.errors import PictureError
from runtime.interrupts import note_interrupts
from runtime.late_import import import_late

# `module:function` of each, which takes the arguments behind its name and gives the exit code.
_COMMANDS = {
    "adopt": "convert.adopt_command:run_adopt",
    "diagnose": "convert.diagnose_command:run_diagnose",
}


class _Bars(Observer):
    """Progress bars on standard error, where that is a terminal."""

    def __init__(self, interrupts: Sequence[int]) -> None:
        self._interrupts = interrupts
        self._told: set[str] = set()

    def track(self, items: Iterable[T], what: str, total: int) -> Iterator[T]:
        from tqdm import tqdm

        for item in tqdm(items, desc=what, total=total, leave=False, disable=None, file=sys.stderr):
            # Ctrl-C that a library made an error of fails one file, and must not let the next one begin.
            if self._interrupts:
                raise KeyboardInterrupt
            yield item

    def skip(self, error: PictureError) -> None:
        """Told once: the pictures are read again for the golden samples of each file."""
        from tqdm import tqdm

        if str(error) not in self._told:
            self._told.add(str(error))
            tqdm.write(f"convert: {error}; left out", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code comes back."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    return exit_status("convert", lambda: _run(given))


def _run(given: Sequence[str]) -> int:
    with note_interrupts() as interrupts:
        try:
            if given and given[0] in _COMMANDS:
                status: int = import_late(_COMMANDS[given[0]])(given[1:])
                return status
            return _convert(given, _Bars(interrupts))
        except (Exception, KeyboardInterrupt):
            # Where Ctrl-C comes while a C++ library calls back into Python, another exception comes out of it.
            if interrupts:
                return EXIT_SIGNALLED + interrupts[0]
            raise


def _convert(arguments: Sequence[str], observer: Observer) -> int:
    order = parse_order(arguments)
    with quiet_libraries():
        outcomes = convert(order, observer)
        done = [outcome for outcome in outcomes if isinstance(outcome, Conversion)]
        failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
        if len(outcomes) > 1:
            rows = [time_file(file) for file in observer.track(done, "timing", len(done))]
            print(format_table(rows, failures), flush=True)
        elif done:
            print(format_summary(done[0], read_operators(done[0].path)), flush=True)
    return max((tell_error("convert", failure.error) for failure in failures), default=EXIT_DONE)
