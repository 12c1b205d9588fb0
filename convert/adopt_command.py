"""`python -m convert adopt`: an existing .tflite, .onnx or .keras gets a card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from convert.adopt import CHANNELS, Adoption, adopt
from convert.cautions import find_label_cautions, find_scale_cautions
from convert.quiet import quiet_libraries
from runtime.command_line import Parser, fit
from runtime.commands.normalisation_arguments import add_normalisation_arguments, read_normalisation
from runtime.labels import read_labels

_DESCRIPTION = """Embed a model card into an image classifier made elsewhere, so that it runs without flags.
Labels and normalisation are read from its TFLite Metadata, or what Ultralytics writes, where it has that. A .keras gets
the normalisation, and a softmax where it gives logits, as layers of its own: then it is converted like any other."""
_EXAMPLES = """examples:
  python -m convert adopt mobilenet.tflite --labels labels.txt
  python -m convert adopt resnet.onnx --labels labels.txt \\
      --mean 123.675,116.28,103.53 --std 58.395,57.12,57.375
  python -m convert adopt caffe.onnx --labels labels.txt --channels bgr \\
      --mean 104,117,123 --fit squash
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
    # In its place there is now a file with a layer that scales, which is ours.
    is_kept = adoption.out.resolve() != adoption.model.resolve()
    scaling = find_scale_cautions(adoption.model, adoption.normalisation) if is_kept else ()
    for caution in (*scaling, *find_label_cautions(card.labels)):
        print(f"caution: {caution}", flush=True)
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
    add_normalisation_arguments(parser)
    add("--fit", metavar="FIT", type=fit, help="crop, crop:0.875, squash or letterbox (default: crop)")
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
        normalisation=read_normalisation(given),
        fit=given.fit,
        channels=given.channels,
        name=given.name,
        licence=given.license,
    )


def _join(numbers: tuple[float, ...]) -> str:
    return ",".join(f"{number:g}" for number in numbers)
