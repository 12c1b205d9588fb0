"""`python -m benchmarks method`: whether this room measures what it says."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.command_line import positive

if TYPE_CHECKING:
    from benchmarks.checks.method import Check

_EPILOG = """What the loop of this room adds to a run; its median against that of the same calls bare in Python and
of a bare loop in C (both for a .tflite, the latter with a C compiler and ai-edge-litert), and that of MLPerf's load
generator; a difference of 0 % and one of 5 % between a model and itself, each in so many experiments of 12 rounds; with
two models or more, their ratios in one run against another. Exit status 1 where a bar is not held or could not be
checked. Takes a minute or two an experiment; Ctrl-C ends it early and tells of what was checked so far.

example:
  python -m benchmarks method flowers_int8.tflite flowers_float32.tflite \\
      --out results
"""


_HELD = {True: "yes", False: "missed", None: "not checked"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument("models", nargs="*", metavar="MODEL", help="(default: the model that comes along)")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where method.json goes")
    parser.add_argument("--experiments", type=positive, default=20, metavar="N", help="(default: 20)")


def run(args: argparse.Namespace) -> int:
    from benchmarks.commands.tell import tell_at_end
    from benchmarks.host import describe_host
    from benchmarks.results_file import FORMAT_VERSION, write_json

    checks: list[Check] = []
    file = args.out / "method.json"
    with tell_at_end(checks, lambda: _tell(checks, file)):
        for check in _check(args.models, args.experiments):
            checks.append(check)
            write_json(file, {"format_version": FORMAT_VERSION, "host": describe_host(), "checks": checks})
    return 0 if all(check.holds for check in checks) else 1


def _tell(checks: Sequence[Check], file: Path) -> None:
    from benchmarks.table import format_rows

    rows = [[check.what, check.found, check.bar, _HELD[check.holds]] for check in checks]
    print(format_rows([["what", "found", "bar", "held"], *rows]))
    print(f"\n{file}")


def _check(models: list[str], experiments: int) -> Iterator[Check]:
    from benchmarks.checks.method import check_loop, check_planted, check_repeatability
    from benchmarks.checks.references import check_against_c, check_against_loadgen, check_against_python
    from benchmarks.progress import progress_bar
    from runtime.classifier import DEFAULT_MODEL

    model = models[0] if models else str(DEFAULT_MODEL)
    with progress_bar("the loop", "block") as show:
        yield check_loop(model, 40, show)
    with progress_bar("bare calls in Python", "round") as show:
        yield check_against_python(model, 12, show)
    with progress_bar("a bare loop in C", "round") as show:
        yield check_against_c(model, 12, show)
    with progress_bar("LoadGen", "round") as show:
        yield check_against_loadgen(model, 60, show)
    with progress_bar("planted differences", "experiment") as show:
        yield from check_planted(model, experiments, show)
    if len(models) > 1:
        with progress_bar("repeatability", "run") as show:
            yield check_repeatability(models, show)
