"""The arguments by which commands are told what a network from elsewhere expects of its pictures."""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING

from runtime.errors import UsageError

if TYPE_CHECKING:
    from runtime.card import Normalisation


# No network takes twice a picture's levels: so large a scale is what its levels are to be divided by.
_DIVISOR = 2


def add_normalisation_arguments(parser: argparse._ActionsContainer) -> None:
    add = parser.add_argument
    add("--mean", metavar="M[,M,M]", type=_numbers, help="subtracted from each channel, in levels of 0..255")
    add("--std", metavar="S[,S,S]", type=_divisors, help="what the channels are then divided by")
    add("--scale", metavar="S[,S,S]", type=_divisors, help="instead: what levels are multiplied by, for example 1/255")


def read_normalisation(args: argparse.Namespace) -> Normalisation | None:
    """None where the arguments tell nothing of it. Raises UsageError."""
    from runtime.card import Normalisation

    if args.scale is not None:
        if args.mean or args.std:
            raise UsageError("--scale goes without --mean and --std; give either")
        if max(args.scale) >= _DIVISOR:
            raise UsageError(f"--scale: levels are multiplied by {max(args.scale):g}; to divide by it: 1/N, as 1/255")
        return Normalisation(std=tuple(1 / scale for scale in args.scale))
    if args.mean is None and args.std is None:
        return None
    if args.mean and args.std and 0 < max(args.mean) < 1 and max(args.std) < 1:
        mean, std = (",".join(f"{value * 255:g}" for value in values) for values in (args.mean, args.std))
        raise UsageError(
            f"--mean and --std: these are for levels of 0..1; give those for 0..255: --mean {mean} --std {std}"
        )
    return Normalisation(args.mean or (0.0,), args.std or (1.0,))


def _numbers(text: str) -> tuple[float, ...]:
    return _read(text, -math.inf, "a number")


def _divisors(text: str) -> tuple[float, ...]:
    return _read(text, sys.float_info.min, "a number above 0")


def _read(text: str, above: float, kind: str) -> tuple[float, ...]:
    """One for all channels or three with commas between them, each as `127.5` or `1/255`."""
    try:
        numbers = tuple(_read_number(part) for part in text.split(","))
    except (ValueError, ZeroDivisionError):
        numbers = ()
    if len(numbers) not in (1, 3) or not all(above < number < math.inf for number in numbers):
        raise argparse.ArgumentTypeError(f"{text!r}, expected {kind} such as 127.5 or 1/255, or three with commas")
    return numbers


def _read_number(text: str) -> float:
    dividend, slash, divisor = text.partition("/")
    return float(dividend) / float(divisor) if slash else float(dividend)
