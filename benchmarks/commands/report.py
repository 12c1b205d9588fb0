"""`python -m benchmarks report`: the report again, from one or several results.json."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.commands.arguments import add_limits

_EPILOG = """Several files, of several devices, come beside each other in one report, which is written beside the first
file or to --out.

examples:
  python -m benchmarks report results/results.json --max-latency 20ms \\
      --min-accuracy 0.9
  python -m benchmarks report kitchen/results.json shed/results.json \\
      --out devices
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument("results", type=Path, nargs="+", metavar="RESULTS", help="results.json of a run")
    parser.add_argument("--out", type=Path, metavar="DIR", help="(default: beside the first file)")
    add_limits(parser)


def run(args: argparse.Namespace) -> int:
    from benchmarks.report.combine import combine_results
    from benchmarks.report.limits import Limits
    from benchmarks.report.markdown import format_summary
    from benchmarks.report.write import write_report
    from benchmarks.results_file import read_results

    results = combine_results({str(file): read_results(file) for file in args.results})
    limits = Limits(args.max_latency, args.min_accuracy, args.max_size)
    files = write_report(results, args.out or args.results[0].parent, limits)
    print(format_summary(results, limits))
    print("\n" + "\n".join(map(str, files)))
    return 0
