"""The command line of `python -m convert`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from convert.float_layers import FloatLayers
from convert.formats import FORMATS
from convert.order import Bounds, Order
from convert.recipes import RANGES, RECIPES
from convert.targets import OPEN_BATCH, choose_targets, keep_float
from runtime.command_line import Parser, positive, share

_USAGE = """python -m convert MODEL.keras --calibrate DATA [options]
       python -m convert adopt FILE [options]
       python -m convert diagnose MODEL.keras FILE --data DATA [options]"""
_DESCRIPTION = """Convert a trained .keras classifier to a .tflite or .onnx that carries its model card,
and check on real pictures that it answers as the original does."""
_EXAMPLES = """examples:
  python -m convert flowers.keras --to tflite --recipe int8 \\
      --calibrate flowers/
  python -m convert flowers.keras --to onnx --recipe float32 \\
      --calibrate flowers/ --out flowers.onnx
  python -m convert digits.keras --to tflite --recipe int8 \\
      --calibrate mnist --data-dir data
  python -m convert flowers.keras --to tflite,onnx --recipe all \\
      --calibrate flowers/ --out family/
  python -m convert flowers.keras --to tflite --calibrate flowers/ --auto
  python -m convert diagnose flowers.keras flowers_int8.tflite --data flowers/
  python -m convert adopt theirs.tflite --labels labels.txt --out ours.tflite
  python -m convert adopt plain.keras --labels labels.txt --scale 1/255 \\
      --out ours.keras

adopt gives a model from elsewhere a card, diagnose tells which layers lose the accuracy: see their --help.
exit status: 0 done, 1 the conversion failed or agrees too little (no file is written), 2 wrong usage"""


class _Parser(Parser):
    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized arguments: --labels"):
            message += "; a model without a card gets one first: python -m convert adopt MODEL --labels FILE"
        super().error(message)


def parse_order(arguments: Sequence[str] | None) -> Order:
    """The arguments (default: the process's) as an Order. Raises UsageError."""
    parser = _Parser(prog="python -m convert", usage=_USAGE, description=_DESCRIPTION, epilog=_EXAMPLES)
    parser.add_argument("model", metavar="MODEL.keras", type=Path, help="what python -m train wrote")
    _add_result(parser)
    _add_float_layers(parser)
    _add_pictures(parser)
    return _order(parser.parse_args(arguments))


def _add_result(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--to", metavar="FORMATS", help=f"of {', '.join(FORMATS)}, with commas (default: what --out ends in)")
    add(
        "--recipe",
        metavar="NAMES",
        default="int8",
        help=f"of {', '.join(RECIPES)}, with commas, or all (default: int8)",
    )
    add("--out", metavar="FILE", type=Path, help="or a folder (default: MODEL_RECIPE.FORMAT beside the model)")
    add("--batch", choices=("1", OPEN_BATCH), help="pictures at a time (default: 1 for tflite, any number for onnx)")
    add("--min-agreement", metavar="SHARE", type=share, default=0.97, help="of the answers, 0..1 (default: 0.97)")
    add("--max-drop", metavar="POINTS", type=_points, help="of top-1, 0..100 (default: any)")
    add("--save-differences", metavar="DIR", type=Path, help="save the pictures that are answered otherwise there")


def _add_float_layers(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    chosen = "worst:N of python -m convert diagnose, or names between commas"
    add("--keep-float", metavar="LAYERS", help=f"layers that stay float32 in an int8 file: {chosen}")
    add("--with-cam", action="store_true", help="a second output: where on the picture the class was seen")
    add("--auto", action="store_true", help="keep as few layers float32 as --min-agreement and --max-drop allow")


def _add_pictures(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    kinds = "a folder, .tar, .zip or .npz, or mnist, fashion_mnist, cifar10"
    add("--calibrate", metavar="DATA", required=True, help=f"pictures to calibrate and check with: {kinds}")
    add("--calibration", choices=RANGES, default=RANGES[0], help="how ranges are measured (default: minmax)")
    add("--calibration-images", metavar="N", type=positive, default=200, help="at most so many (default: 200)")
    add("--check-images", metavar="N", type=positive, default=1000, help="at most so many others (default: 1000)")
    add("--data-dir", metavar="DIR", help="where a data set given by name lies (default: the Keras cache)")
    add("--golden", metavar="DATA", help="pictures for the self-test in the card, or none (default: of --calibrate)")


def _points(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"{text!r}, expected a number from 0 to 100")
    return number


def _order(given: argparse.Namespace) -> Order:
    targets = choose_targets(
        given.model, given.to, given.recipe, given.out, ranges=given.calibration, batch=given.batch
    )
    return Order(
        model=given.model,
        targets=keep_float(targets, FloatLayers.parse(given.keep_float, given.auto)),
        data=given.calibrate,
        data_dir=given.data_dir,
        golden=None if given.golden == "none" else given.golden or given.calibrate,
        calibration_images=given.calibration_images,
        check_images=given.check_images,
        bounds=Bounds(given.min_agreement, given.max_drop),
        differences=given.save_differences,
        with_cam=given.with_cam,
    )
