"""The command line of `python -m train`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from runtime.card import MAX_SIDE
from runtime.command_line import Parser, fit, positive, whole_number
from runtime.errors import TrainingError, UsageError
from train.models import ARCHITECTURES
from train.plan import RECIPES, STRATEGIES
from train.settings import AUGMENTATIONS

_USAGE = """python -m train DATA --model NAME --out FILE.keras [options]
       python -m train pretrained NAME --out FILE.keras [options]
       python -m train list"""

_EXAMPLES = """examples:
  python -m train examples/fashion_mnist/fashion_mnist.npz --model deep_cnn \\
      --epochs 5 --out clothes.keras
  python -m train mnist --model deep_cnn --out digits.keras
  python -m train flowers/ --model mobilenet --alpha 0.25 --out flowers.keras
  python -m train flowers.tar --model efficientnet_lite0 --strategy full \\
      --out flowers.keras
  python -m train cifar10 --model resnet8 --distill large.keras \\
      --out small.keras
  python -m train mnist --model mlp --recipe lesson --out lesson.keras
  python -m train pretrained efficientnet_lite0 --out imagenet.keras
  python -m train list

Beside FILE.keras it writes FILE.report.html (curves, confusion, mistakes) and FILE.metrics.json.

the next step:
  python -m convert FILE.keras --to tflite --recipe int8 --calibrate DATA"""


def train_parser() -> argparse.ArgumentParser:
    """For `python -m train DATA ...`."""
    parser = Parser(
        prog="python -m train",
        usage=_USAGE,
        description="Train an image classifier and write it as one .keras file with its labels and its model card.",
        epilog=_EXAMPLES,
    )
    parser.add_argument(
        "data",
        metavar="DATA",
        help="class folders, a .tar or .zip of them, an .npz in Keras' layout, or mnist, fashion_mnist, cifar10",
    )
    parser.add_argument("--model", required=True, metavar="NAME", help="the network, see python -m train list")
    _add_network_options(parser)
    parser.add_argument(
        "--strategy",
        choices=[strategy.name for strategy in STRATEGIES],
        help="; ".join(f"{strategy.name}: {strategy.purpose}" for strategy in STRATEGIES)
        + " (default: head where there are published weights)",
    )
    parser.add_argument(
        "--unfreeze",
        type=positive,
        metavar="N",
        help="layers before the classifier that partial learns too (default: a third of those with weights)",
    )
    parser.add_argument(
        "--recipe",
        choices=RECIPES,
        default="own",
        help="own: settings that need no tuning; lesson: those of the classic lesson (default: own)",
    )
    parser.add_argument(
        "--fit",
        type=fit,
        metavar="FIT",
        help="how a picture of another shape is made the network's: crop, crop:0.875 (that part of the centre square), "
        "squash or letterbox (default: crop, the whole centre square)",
    )
    parser.add_argument(
        "--augment",
        choices=AUGMENTATIONS,
        help="change the pictures while learning; light: shift, turn, zoom, mirror, brightness; strong: RandAugment, "
        "MixUp and CutMix too, which cost much time on a CPU (default: none for head, light for the others)",
    )
    parser.add_argument(
        "--distill", type=Path, metavar="TEACHER.keras", help="learn the answers of this larger network too"
    )
    epochs = ", ".join(f"{strategy.epochs} for {strategy.name}" for strategy in STRATEGIES)
    parser.add_argument(
        "--epochs",
        type=positive,
        metavar="N",
        help=f"passes over the pictures (default: {epochs}); the head that partial and full begin with has its own",
    )
    parser.add_argument(
        "--batch", type=positive, metavar="N", help="pictures a step (default: 128 up to 64 pixels, 32 above)"
    )
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="equal seeds, equal weights (default: 0)")
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="has the named data set (default: the Keras cache, then a download to it)",
    )
    parser.add_argument("--resume", action="store_true", help="go on where a killed training of these arguments was")
    parser.add_argument(
        "--devices",
        choices=["one", "all"],
        default="one",
        help="all: share each batch among all GPUs (default: one, a GPU where there is one)",
    )
    parser.add_argument("--tensorboard", type=Path, metavar="DIR", help="write TensorBoard's event files there")
    return parser


def published_parser() -> argparse.ArgumentParser:
    """For `python -m train pretrained NAME ...`."""
    parser = Parser(
        prog="python -m train pretrained",
        description="Write a network with its published weights and the 1000 ImageNet classes as one .keras file.",
    )
    parser.add_argument("model", metavar="NAME", help=" or ".join(row.name for row in ARCHITECTURES if row.weights))
    _add_network_options(parser)
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="has imagenet_class_index.json (default: the Keras cache, then a download to it)",
    )
    return parser


def list_parser() -> argparse.ArgumentParser:
    """For `python -m train list`."""
    return Parser(prog="python -m train list", description="List the networks.")


def check_out(path: Path) -> Path:
    """Where a model can be written. Raises UsageError for another suffix, TrainingError for no place to write."""
    if path.suffix != ".keras":
        raise UsageError(f"--out {path}: expected a name that ends in .keras")
    if not path.parent.is_dir():
        raise TrainingError(f"--out {path}: there is no folder {path.parent}; make it first")
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise TrainingError(f"--out {path}: cannot be written; name a file in a folder of yours")
    return path


def _add_network_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.keras", help="the file to write")
    parser.add_argument(
        "--alpha", type=_width, default=1.0, metavar="A", help="width, of the mobilenet families (default: 1)"
    )
    parser.add_argument("--size", type=_side, metavar="N", help="input of N x N pixels (default: the network's own)")


def _side(text: str) -> int:
    return whole_number(text, 1, MAX_SIDE)


def _seed(text: str) -> int:
    return whole_number(text, 0, 2**32 - 1)  # what keras.utils.set_random_seed takes


def _width(text: str) -> float:
    try:
        width = float(text)
    except ValueError:
        width = 0.0
    if not 0 < width <= 10:
        raise argparse.ArgumentTypeError(f"{text!r}, expected a number above 0 and at most 10")
    return width
