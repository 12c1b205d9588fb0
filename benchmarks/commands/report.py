"""`python -m benchmarks report`: the table and the plot again, from a results.json."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example:\n  python -m benchmarks report results/results.json"
    parser.add_argument("results", type=Path, metavar="RESULTS", help="a results.json; the report is written beside it")


def run(args: argparse.Namespace) -> int:
    from benchmarks.report import format_summary, write_report
    from benchmarks.results_file import read_results

    results = read_results(args.results)
    files = write_report(results, args.results.parent)
    print(format_summary(results))
    print("\n" + "\n".join(map(str, files)))
    return 0
