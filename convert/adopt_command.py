"""`python -m convert adopt`: an existing .tflite, .onnx or .keras gets a card."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from convert.adopt import CHANNELS, Adoption, adopt
from convert.quiet import quiet_libraries
from runtime.card import Fit, Normalisation
from runtime.command_line import Parser
from runtime.errors import UsageError
from runtime.labels import read_labels

_DESCRIPTION = """Embed a model card into an image classifier made elsewhere, so that it runs without flags.
Labels and normalisation are read from its TFLite Metadata where it has that. A .keras gets the normalisation, and a
softmax where it gives logits, as layers of its own: then it is converted like any other."""
_EXAMPLES = """examples:
  python -m convert adopt mobilenet.tflite --labels labels.txt
  python -m convert adopt resnet.onnx --labels labels.txt --mean 123.675,116.28,103.53 --std 58.395,57.12,57.375
  python -m convert adopt caffe.onnx --labels labels.txt --channels bgr --mean 104,117,123 --fit squash
  python -m convert adopt mine.keras --labels labels.txt --scale 1/255

exit status: 0 done, 1 it is no image classifier or cannot be read (no file is written), 2 wrong usage"""


def run_adopt(arguments: Sequence[str]) -> int:
    """Run the sub-command on the arguments behind its name; the exit code comes back."""
    adoption = _parse(arguments)
    with quiet_libraries():
        card = adopt(adoption)
    normalisation = card.normalisation
    print(
        f"{adoption.out}: {card.input}, {len(card.labels)} labels ({card.labels[0]}, ...), scores {card.scores}, ",
        end="",
    )
    print(f"mean {_join(normalisation.mean)}, std {_join(normalisation.std)}, fit {card.fit}", flush=True)
    return 0


def _make_parser() -> Parser:
    parser = Parser(
        prog="python -m convert adopt",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    add = parser.add_argument
    add("model", metavar="FILE", type=Path, help="a .tflite, .onnx or .keras")
    add("--labels", metavar="FILE", help="its labels, one a line")
    add("--mean", metavar="M[,M,M]", type=_numbers, help="subtracted from each channel, in levels of 0..255")
    add("--std", metavar="S[,S,S]", type=_numbers, help="what the channels are then divided by")
    add("--scale", metavar="S", type=_numbers, help="instead: what levels are multiplied by, for example 1/255")
    add("--fit", metavar="FIT", help="crop, crop:0.875, squash or letterbox (default: crop)")
    add("--channels", choices=CHANNELS, default="rgb", help="the order that it takes, and of --mean and --std")
    add("--license", metavar="NAME", help="of the model, for example Apache-2.0")
    add("--name", metavar="NAME", help="of the model (default: its metadata's, or the file's)")
    add("--out", metavar="FILE", type=Path, help="(default: NAME_adopted beside it)")
    return parser


def _parse(arguments: Sequence[str]) -> Adoption:
    given = _make_parser().parse_args(arguments)
    return Adoption(
        model=given.model,
        out=given.out or given.model.with_name(f"{given.model.stem}_adopted{given.model.suffix}"),
        labels=read_labels(given.labels) if given.labels else None,
        normalisation=_normalisation(given),
        fit=Fit.parse(given.fit) if given.fit else None,
        channels=given.channels,
        name=given.name,
        licence=given.license,
    )


def _normalisation(given: argparse.Namespace) -> Normalisation | None:
    if given.scale is None:
        told = given.mean is not None or given.std is not None
        return Normalisation(given.mean or (0.0,), given.std or (1.0,)) if told else None
    if given.mean or given.std:
        raise UsageError("--scale goes without --mean and --std; give either")
    if min(given.scale) <= 0:
        raise UsageError("--scale is not above 0; expected for example 1/255")
    return Normalisation(std=tuple(1 / scale for scale in given.scale))


def _numbers(text: str) -> tuple[float, ...]:
    """Numbers with commas between them, each as `127.5` or `1/255`."""
    try:
        return tuple(float(Fraction(part.strip())) for part in text.split(","))
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"{text!r} is no number such as 127.5 or 1/255") from None


def _join(numbers: tuple[float, ...]) -> str:
    return ",".join(f"{number:g}" for number in numbers)
