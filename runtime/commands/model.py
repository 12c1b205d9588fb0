"""The arguments by which every command names a model, and the classifier that they make."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from runtime.errors import UsageError

if TYPE_CHECKING:
    from runtime.card import Normalisation
    from runtime.classifier import Classifier


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything but the model's path, which `classify` takes as an option and others as an argument."""
    parser.add_argument(
        "--threads", type=int, metavar="N", help="threads of the inference (default: one a core, at most 4)"
    )
    parser.add_argument(
        "--backend", metavar="NAME", help="what runs the model (default: the first installed; see doctor)"
    )
    group = parser.add_argument_group("for a model without a card")
    group.add_argument("--labels", metavar="FILE", help="its labels, one a line")
    group.add_argument("--mean", metavar="M[,M,M]", help="subtracted from each channel, in levels of 0..255")
    group.add_argument("--std", metavar="S[,S,S]", help="what the channels are then divided by")
    group.add_argument("--scale", metavar="S", help="instead: what levels are multiplied by, for example 1/255")
    group.add_argument(
        "--fit", metavar="FIT", help="crop, crop:0.875, squash or letterbox (default: the card's, or crop)"
    )


def load_classifier(path: str | None, args: argparse.Namespace, threads: int | None = None) -> Classifier:
    """The classifier that the arguments ask for; the default model where `path` is None.

    `threads` is for those who do not ask for any with --threads.
    """
    from runtime.card import Fit
    from runtime.classifier import DEFAULT_MODEL, Classifier
    from runtime.labels import read_labels

    return Classifier.load(
        path or DEFAULT_MODEL,
        threads=threads if args.threads is None else args.threads,
        backend=args.backend,
        labels=read_labels(args.labels) if args.labels else None,
        normalisation=_read_normalisation(args),
        fit=Fit.parse(args.fit) if args.fit else None,
    )


def _read_normalisation(args: argparse.Namespace) -> Normalisation | None:
    from runtime.card import Normalisation

    if args.scale is not None:
        if args.mean or args.std:
            raise UsageError("--scale goes without --mean and --std; give either")
        scale = _read_number("--scale", args.scale)
        if scale <= 0:
            raise UsageError(f"--scale {args.scale}: expected above 0, for example 1/255")
        return Normalisation(std=(1 / scale,))
    if args.mean is None and args.std is None:
        return None
    return Normalisation(_read_numbers("--mean", args.mean or "0"), _read_numbers("--std", args.std or "1"))


def _read_numbers(option: str, text: str) -> tuple[float, ...]:
    return tuple(_read_number(option, part) for part in text.split(","))


def _read_number(option: str, text: str) -> float:
    """`127.5`, or a fraction such as `1/255`."""
    above, slash, below = text.partition("/")
    try:
        return float(above) / float(below) if slash else float(above)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{option} {text}: expected a number such as 127.5 or 1/255") from None
