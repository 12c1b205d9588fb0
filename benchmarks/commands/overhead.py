"""`python -m benchmarks overhead`: what edgeframe costs above the bare parts that it is made of."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.command_line import positive

if TYPE_CHECKING:
    from benchmarks.comparison import Comparison

_EPILOG = """The command as a whole process against a bare script of numpy, Pillow and LiteRT;
Classifier.classify against the interpreter's invoke; the start-up against numpy's. What is compared
is interleaved; raw seconds and bytes are kept in overhead.json. Exit status 1 where a bar is not held.
Needs Linux or macOS, and a machine with nothing else to do.

examples:
  python -m benchmarks overhead --out results
  python -m benchmarks overhead --out results --photo holiday.jpg --runs 31
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where overhead.json goes")
    parser.add_argument(
        "--model", type=Path, metavar="FILE", help="fully-integer .tflite (default: the one that comes along)"
    )
    parser.add_argument("--photo", type=Path, metavar="FILE", help="by default a 1080p JPEG and a small one are made")
    parser.add_argument("--runs", type=positive, default=15, metavar="N", help="of each process (default: 15)")


def run(args: argparse.Namespace) -> int:
    from benchmarks.commands.tell import tell_at_end
    from benchmarks.host import describe_host
    from benchmarks.results_file import FORMAT_VERSION, write_json

    file = args.out / "overhead.json"
    comparisons: list[Comparison] = []
    with tell_at_end(comparisons, lambda: _tell(comparisons, file)):
        for comparison in _compare(args.model, args.photo, args.runs):
            comparisons.append(comparison)
            write_json(file, {"format_version": FORMAT_VERSION, "host": describe_host(), "comparisons": comparisons})
    return 0 if all(comparison.holds for comparison in comparisons) else 1


def _tell(comparisons: Sequence[Comparison], file: Path) -> None:
    from benchmarks.comparison import format_comparisons

    print(format_comparisons(comparisons))
    print(f"\n{file}")


def _compare(model: Path | None, photo: Path | None, runs: int) -> Iterator[Comparison]:
    from benchmarks.checks.overhead import compare_classify, compare_command, compare_start, make_photos
    from runtime.classifier import DEFAULT_MODEL

    model = model or DEFAULT_MODEL
    with tempfile.TemporaryDirectory() as folder:
        photos = make_photos(Path(folder)) if photo is None else [photo]
        for one in photos:
            yield from compare_command(model, one, Path(folder), runs)
        yield from compare_classify(model, photos[0], runs)
    yield from compare_start(runs)
