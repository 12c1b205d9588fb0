"""`python -m benchmarks conversion`: what python -m convert makes of trained networks, and the bars for it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.checks.conversion import ConversionFigures

_EPILOG = """Each network becomes int8 TFLite and int8 ONNX by the real command, calibrated with training pictures of
the data that its card names; both and its float32 TFLite then answer the whole test set. A network whose figures are
in conversion.json already is not measured again. Exit status 1 where a bar is missed.

examples:
  python -m benchmarks conversion out/*.keras --data-dir data --out results
  python -m benchmarks conversion lite0.keras --data-dir data \\
      --imagenet photos/ --out results
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL.keras", help="what python -m train wrote")
    parser.add_argument(
        "--data-dir", required=True, type=Path, metavar="DIR", help="has the data sets: mnist.npz, flowers5.tar, ..."
    )
    parser.add_argument(
        "--imagenet", type=Path, metavar="DIR", help="photos with a labels.csv, for networks of 1000 classes"
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where conversion.json and files go")


def run(args: argparse.Namespace) -> int:
    from benchmarks.checks.conversion import hash_model, measure_conversion
    from benchmarks.checks.conversion_bars import holds_all
    from benchmarks.commands.tell import tell_at_end
    from benchmarks.results_file import FORMAT_VERSION, make_folder, write_json

    file = args.out / "conversion.json"
    known = {figures.sha256: figures for figures in _read(file)} if file.exists() else {}
    make_folder(args.out)
    asked: list[ConversionFigures] = []
    with tell_at_end(asked, lambda: _tell(asked, file)):
        for model in args.models:
            figures = known.get(hash_model(model)) or measure_conversion(model, args.data_dir, args.imagenet, args.out)
            asked.append(figures)
            known[figures.sha256] = figures
            write_json(file, {"format_version": FORMAT_VERSION, "conversions": list(known.values())})
    return 0 if all(map(holds_all, asked)) else 1


def _tell(asked: Sequence[ConversionFigures], file: Path) -> None:
    from benchmarks.checks.conversion_bars import format_conversions

    print(format_conversions(asked))
    print(f"\n{file}")


def _read(file: Path) -> list[ConversionFigures]:
    import json

    from benchmarks.checks.conversion import ConversionFigures
    from benchmarks.errors import BenchmarkError
    from benchmarks.jsonable import read_value

    try:
        return [read_value(ConversionFigures, one) for one in json.loads(file.read_text("utf-8"))["conversions"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BenchmarkError(f"{file}: cannot be read ({error}); give another --out, or delete it") from None
