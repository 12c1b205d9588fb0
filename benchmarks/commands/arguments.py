"""Values on the command line that several sub-commands read."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

from runtime.quantities import parse_bytes, parse_seconds

T = TypeVar("T")


def positive(text: str) -> int:
    """A whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number}: expected 1 or more")
    return number


def positives(text: str) -> tuple[int, ...]:
    """`1,2,4`."""
    return tuple(dict.fromkeys(positive(part) for part in text.split(",")))


def names(text: str) -> tuple[str, ...]:
    """`a,b`."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def share(text: str) -> float:
    """`5%` or `0.05`."""
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: expected a share such as 5% or 0.05") from None
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text}: expected 0% to 100%")
    return number


def seconds(text: str) -> float:
    """`20ms`."""
    return _told(parse_seconds, text)


def size(text: str) -> int:
    """`2MB`."""
    return _told(parse_bytes, text)


def _told(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_limits(parser: argparse.ArgumentParser) -> None:
    """What a recommendation has to hold."""
    parser.add_argument("--max-latency", type=seconds, metavar="TIME", help="recommend within this p50, such as 20ms")
    parser.add_argument("--min-accuracy", type=share, metavar="SHARE", help="and at least this top-1, such as 0.9")
    parser.add_argument("--max-size", type=size, metavar="SIZE", help="and at most this file, such as 2MB")
