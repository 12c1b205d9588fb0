"""`python -m benchmarks run`: latency and accuracy of model files, side by side."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.commands.arguments import positive
from benchmarks.tasks import Settings

_EPILOG = """Every model is timed in several processes of its own, in rounds and in random order; raw seconds are
kept in results.json after each of them, so that Ctrl-C loses nothing.

examples:
  python -m benchmarks run flowers_*.tflite flowers_*.onnx --data flowers/ --out results
  python -m benchmarks run digits_int8.tflite --data mnist --max-pictures 1000 --out results
  python -m benchmarks run a.tflite b.tflite --data photos/ --split all --threads 4 --runs 1000 --out results
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    defaults = Settings(data="")
    parser.epilog = _EPILOG
    parser.add_argument("models", nargs="+", metavar="MODEL", help=".tflite or .onnx with a model card")
    parser.add_argument(
        "--data", required=True, help="a folder, .tar or .npz of pictures; mnist, fashion_mnist or cifar10"
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="where results.json, results.md, pareto.png go"
    )
    parser.add_argument(
        "--split", default=defaults.split, choices=("test", "validation", "train", "all"), help="(default: test)"
    )
    parser.add_argument("--data-dir", metavar="DIR", help="where a named data set lies (default: the Keras cache)")
    parser.add_argument("--max-pictures", type=positive, metavar="N", help="of the data, an equal share of each class")
    parser.add_argument("--threads", type=positive, default=defaults.threads, metavar="N", help="(default: 1)")
    parser.add_argument("--backend", metavar="NAME", help="by default the first one installed for the file")
    parser.add_argument(
        "--runs",
        type=positive,
        default=defaults.runs,
        metavar="N",
        help=f"timed, of each model (default: {defaults.runs})",
    )


def run(args: argparse.Namespace) -> int:
    from benchmarks.report import format_summary, write_report
    from benchmarks.run import run_benchmark

    settings = Settings(args.data, args.split, args.data_dir, args.max_pictures, args.threads, args.backend, args.runs)
    file = args.out / "results.json"
    try:
        results = run_benchmark(args.models, settings, file)
    except KeyboardInterrupt:
        print(
            f"benchmarks: stopped; what was measured lies in {file}: python -m benchmarks report {file}",
            file=sys.stderr,
        )
        raise
    files = [file, *write_report(results, args.out)]
    print(format_summary(results))
    print("\n" + "\n".join(map(str, files)))
    return 1 if results.failures else 0
