"""Values on the command line that several sub-commands read."""

from __future__ import annotations

import argparse

from runtime.command_line import positive, seconds, share
from runtime.quantities import parse_bytes


def positives(text: str) -> tuple[int, ...]:
    """`1,2,4`."""
    return tuple(dict.fromkeys(positive(part) for part in text.split(",")))


def names(text: str) -> tuple[str, ...]:
    """`a,b`."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def size(text: str) -> int:
    """`2MB`."""
    try:
        return parse_bytes(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_limits(parser: argparse.ArgumentParser) -> None:
    """What a recommendation has to hold."""
    parser.add_argument("--max-latency", type=seconds, metavar="TIME", help="recommend within this p50, such as 20ms")
    parser.add_argument("--min-accuracy", type=share, metavar="SHARE", help="and at least this top-1, such as 0.9")
    parser.add_argument("--max-size", type=size, metavar="SIZE", help="and at most this file, such as 2MB")
