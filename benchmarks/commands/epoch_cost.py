"""`python -m benchmarks epoch-cost`: an epoch of `python -m train` over one of a bare `model.fit`."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from runtime.command_line import positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example:\n  python -m benchmarks epoch-cost mnist.npz\n\nExit status 1 where the bar is missed."
    parser.add_argument("data", type=Path, metavar="FILE.npz", help="pictures in Keras' layout, small and gray")
    parser.add_argument("--rounds", type=positive, default=3, metavar="N", help="of both processes (default: 3)")


def run(args: argparse.Namespace) -> int:
    from benchmarks.checks.epoch_cost import measure_epoch_costs

    holds = True
    with tempfile.TemporaryDirectory() as folder:
        for cost in measure_epoch_costs(args.data, Path(folder), args.rounds):
            print(cost, flush=True)
            holds = holds and cost.holds
    return 0 if holds else 1
