"""The command `python -m benchmarks`: its sub-commands, and what an error or an interruption looks like.

Each sub-command is a module of benchmarks.commands with `add_arguments(parser)` and `run(args) -> exit status`.
"""

from __future__ import annotations

import argparse

from benchmarks.commands import (
    compare,
    conversion,
    endurance,
    epoch_cost,
    folder_accuracy,
    loadgen,
    method,
    overhead,
    peers,
    report,
    run,
    training,
)
from runtime.command_line import Parser, exit_status

COMMANDS = {
    "run": (run, "latency and accuracy of model files, side by side"),
    "report": (report, "the report again, from one results.json or several"),
    "compare": (compare, "which differences between two results are real; fails on a regression"),
    "loadgen": (loadgen, "MLPerf's load generator over a model, with its logs and verdict"),
    "method": (method, "checks how this room measures: what it adds, and which differences it finds"),
    "overhead": (overhead, "what edgeframe costs above the bare parts that it is made of"),
    "peers": (peers, "edgeframe beside MediaPipe, OpenCV and others: same network, same frames"),
    "endurance": (endurance, "whether a camera that is classified for an hour makes the process grow"),
    "training": (training, "the published trainings, with what each reaches and takes"),
    "epoch-cost": (epoch_cost, "what an epoch of training costs over a bare model.fit"),
    "conversion": (conversion, "what python -m convert makes of trained networks, and the bars for it"),
    "folder-accuracy": (folder_accuracy, "top-1 of the real command on a folder: runtime classify FOLDER --json"),
}

_EPILOG = """examples:
  python -m benchmarks run flowers_*.tflite flowers_*.onnx --data flowers/ \\
      --out results
  python -m benchmarks report results/results.json --max-latency 20ms
  python -m benchmarks compare before/results.json after/results.json \\
      --fail-above 5%
  python -m benchmarks overhead --out results
"""


def main(arguments: list[str] | None = None) -> int:
    """Run a command line (default: this process's) and return its exit status."""
    return exit_status("benchmarks", lambda: _run(arguments))


def _run(arguments: list[str] | None) -> int:
    args = _make_parser().parse_args(arguments)
    status: int = args.run(args)
    return status


def _make_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m benchmarks",
        description="Latency against accuracy, on this machine and on others.",
        epilog=_EPILOG,
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, purpose) in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=purpose, description=purpose)
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    return parser
