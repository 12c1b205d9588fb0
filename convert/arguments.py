"""The command line of `python -m convert`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from convert.conversion import Order
from convert.formats import FORMATS, check_recipe, choose_format
from convert.recipes import RECIPES
from runtime.errors import UsageError

_DESCRIPTION = """Convert a trained .keras classifier to a .tflite or .onnx that carries its model card,
and check on real pictures that it answers as the original does."""
_EXAMPLES = """examples:
  python -m convert flowers.keras --to tflite --recipe int8 --calibrate flowers/
  python -m convert flowers.keras --to onnx --recipe float32 --calibrate flowers/ --out flowers.onnx
  python -m convert digits.keras --to tflite --recipe int8 --calibrate mnist --data-dir ../shared/data

exit status: 0 done, 1 the conversion failed or agrees too little (no file is written), 2 wrong usage"""


class _Parser(argparse.ArgumentParser):
    """Wrong usage is one line, as every other error."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see python -m convert --help)")


def parse_order(arguments: Sequence[str] | None) -> Order:
    """The arguments (default: the process's) as an Order. Raises UsageError."""
    parser = _Parser(
        prog="python -m convert",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("model", metavar="MODEL.keras", type=Path, help="what python -m train wrote")
    _add_result(parser)
    _add_pictures(parser)
    return _order(parser.parse_args(arguments))


def _add_result(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--to", choices=FORMATS, help="the format (default: what --out ends in)")
    add("--recipe", choices=RECIPES, default="int8", help="how numbers are stored (default: int8)")
    add("--out", metavar="FILE", type=Path, help="or a folder (default: MODEL_RECIPE.FORMAT beside the model)")
    add("--min-agreement", metavar="SHARE", type=_share, default=0.97, help="of the answers, 0..1 (default: 0.97)")


def _add_pictures(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    kinds = "a folder, .tar or .npz, or mnist, fashion_mnist, cifar10"
    add("--calibrate", metavar="DATA", required=True, help=f"pictures to calibrate and check with: {kinds}")
    add("--calibration-images", metavar="N", type=_count, default=200, help="at most so many (default: 200)")
    add("--check-images", metavar="N", type=_count, default=1000, help="at most so many others (default: 1000)")
    add("--data-dir", metavar="DIR", help="where a data set given by name lies (default: the Keras cache)")
    add("--golden", metavar="DATA", help="pictures for the self-test in the card, or none (default: of --calibrate)")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 0..1")
    return share


def _order(given: argparse.Namespace) -> Order:
    form, recipe = choose_format(given.to, given.out), RECIPES[given.recipe]
    check_recipe(recipe, form)
    name = f"{given.model.stem}_{recipe.name}{form.suffix}"
    out = given.out or given.model.with_name(name)
    return Order(
        model=given.model,
        out=out / name if out.is_dir() else out,
        form=form,
        recipe=recipe,
        data=given.calibrate,
        data_dir=given.data_dir,
        golden=None if given.golden == "none" else given.golden or given.calibrate,
        calibration_images=given.calibration_images,
        check_images=given.check_images,
        min_agreement=given.min_agreement,
    )
