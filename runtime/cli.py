"""The command `runtime`: the table of its sub-commands, and what an error or an interruption looks like.

Each sub-command is a module of runtime.commands with `add_arguments(parser)` and `run(args) -> exit status`;
only the one that is called is imported.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Iterator
from types import ModuleType

from runtime.command_line import EXIT_DONE, Parser, exit_status
from runtime.options_file import expand_options
from runtime.version import __version__

COMMANDS = {
    "classify": "label pictures, videos or camera frames",
    "info": "what a model file holds and what will run it",
    "bench": "how fast a model is on this device",
    "tune": "which model, backend and threads are quickest on this device",
    "selftest": "whether a model answers here as it did when it was made",
    "cameras": "the cameras that are attached, with their sizes and rates",
    "doctor": "what is installed and attached here, and how to mend what is not",
}

_GARBAGE_THRESHOLD = 100_000
_BLAS_THREADS = "OPENBLAS_NUM_THREADS"

_EPILOG = """examples:
  runtime classify photo.jpg       by the model that comes along
  runtime classify --camera        the same for the first camera
  runtime classify --camera test   no camera at hand: moving test pictures
  runtime classify photos/ --json  one JSON object a picture, for programs
  runtime bench flowers.tflite     latency of your own model on this device
"""


def main(arguments: list[str] | None = None) -> int:
    """Run a command line (default: this process's) and return its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    # Loading modules makes many objects and no garbage: collecting as often as usual costs a tenth of the start.
    gc.set_threshold(_GARBAGE_THRESHOLD)
    return exit_status("runtime", lambda: _run(arguments))


@contextlib.contextmanager
def _one_blas_thread() -> Iterator[None]:
    """While numpy is imported: its OpenBLAS would start a thread for each core, which goes round for 20 ms on the cores
    that the network is to have, and nothing here multiplies matrices. What the user has set stays.
    """
    if _BLAS_THREADS in os.environ:
        yield
        return
    os.environ[_BLAS_THREADS] = "1"
    try:
        yield
    finally:
        # Programs that are started from here may multiply them.
        del os.environ[_BLAS_THREADS]


def _run(arguments: list[str]) -> int:
    arguments = expand_options(arguments)
    with _one_blas_thread():
        parser, commands = _make_parser(arguments)
    args = parser.parse_args(arguments)
    if args.command is None:
        parser.print_help()
        return EXIT_DONE
    status: int = commands[args.command].run(args)
    return status


def _make_parser(arguments: list[str]) -> tuple[argparse.ArgumentParser, dict[str, ModuleType]]:
    parser = Parser(prog="runtime", description="An image classifier on camera frames.", epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"edgeframe {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands = {}
    for name, purpose in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=purpose, description=purpose)
        if name in arguments:
            commands[name] = importlib.import_module(f"runtime.commands.{name}")
            commands[name].add_arguments(subparser)
    return parser, commands
