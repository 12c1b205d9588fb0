"""Numbers on the command line, for argparse's `type`."""

from __future__ import annotations

import argparse

from runtime.quantities import parse_seconds


def positive(text: str) -> int:
    """A whole number from 1 on."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number}: expected 1 or more")
    return number


def seconds(text: str) -> float:
    """A time such as `0.5s`, `500ms` or `1m`."""
    try:
        return parse_seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
