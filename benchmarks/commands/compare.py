"""`python -m benchmarks compare`: which differences between two results are real; fails on a regression."""

from __future__ import annotations

import argparse
from pathlib import Path

from runtime.command_line import share

_EPILOG = """A difference is real when 1 lies outside the 95 % bootstrap interval of the ratio; the file's name
(with its folder where a run has several of that name), backend, threads and scenario say what belongs
together. Exit status 1 where something got worse by more than --fail-above, or where AFTER lacks a
model or an accuracy that BEFORE has.
Two runs at different times also differ by what the machine did in between: to be sure of a few
percent, measure both models in one run.

examples:
  python -m benchmarks compare main/results.json branch/results.json
  python -m benchmarks compare main/results.json branch/results.json \\
      --fail-above 10%
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument("before", type=Path, metavar="BEFORE", help="results.json of a run")
    parser.add_argument("after", type=Path, metavar="AFTER", help="results.json of a later run")
    parser.add_argument(
        "--fail-above", type=share, default=0.05, metavar="SHARE", help="of what it cost before (default: 5%%)"
    )


def run(args: argparse.Namespace) -> int:
    from benchmarks.errors import BenchmarkError
    from benchmarks.regression import find_cautions, find_changes, find_lost, find_new, format_changes
    from benchmarks.results_file import read_results

    before, after = read_results(args.before), read_results(args.after)
    changes = find_changes(before, after)
    lost = find_lost(before, after)
    if not changes and not (lost and after.failures):
        raise BenchmarkError(
            f"{args.before} and {args.after} have nothing in common; expected the same file names, backends, "
            "threads, scenarios and hosts"
        )
    if changes:
        print(format_changes(changes, args.fail_above))
    for line in lost:
        print(f"! {line}")
    for subject in find_new(before, after):
        print(f"{subject} is only in {args.after}")
    for caution in find_cautions(before, after):
        print(f"caution: {caution}")
    regressions = [change for change in changes if change.is_regression(args.fail_above)]
    if regressions:
        print(f"\n{len(regressions)} of {len(changes)} figures are worse by more than {args.fail_above:.0%}")
    return 1 if regressions or lost else 0
