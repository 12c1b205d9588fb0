"""`python -m benchmarks loadgen`: MLPerf's load generator over a model, with its own logs and verdict."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from runtime.command_line import positive, seconds

_EPILOG = """The data may be in MLPerf Tiny's form too: a folder with y_labels.csv and .bin files (image classification,
visual wake words). LoadGen's logs go to --out. Exit status 1 where its verdict is INVALID.
Needs pip install mlcommons-loadgen.

examples:
  python -m benchmarks loadgen cifar_int8.tflite --data ic01/ --out logs
  python -m benchmarks loadgen cifar_int8.tflite --data ic01/ \\
      --scenario Server --rate 200 --latency 20ms --out logs
  python -m benchmarks loadgen cifar_int8.tflite --data ic01/ --accuracy \\
      --out logs
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument("model", metavar="MODEL", help=".tflite or .onnx with a model card")
    parser.add_argument("--data", required=True, help="as for run, or a folder in MLPerf Tiny's form")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where LoadGen's logs go")
    parser.add_argument("--split", default="test", choices=("test", "validation", "train", "all"))
    parser.add_argument("--data-dir", metavar="DIR", help="where a named data set lies (default: the Keras cache)")
    parser.add_argument(
        "--scenario",
        default="SingleStream",
        metavar="NAME",
        help="SingleStream (default), MultiStream, Offline or Server",
    )
    parser.add_argument("--accuracy", action="store_true", help="each picture once, for accuracy, in place of speed")
    parser.add_argument("--duration", type=seconds, default=10.0, metavar="TIME", help="at least (default: 10s)")
    parser.add_argument("--rate", type=float, metavar="N", help="queries a second that Server sends, Offline expects")
    parser.add_argument("--latency", type=seconds, default=0.1, metavar="TIME", help="Server's bound (default: 100ms)")
    parser.add_argument("--threads", type=positive, default=1, metavar="N", help="(default: 1)")
    parser.add_argument("--backend", metavar="NAME", help="by default the first one installed for the file")


def run(args: argparse.Namespace) -> int:
    from benchmarks.data import Data
    from benchmarks.loadgen import LoadSettings, run_loadgen
    from runtime.classifier import Classifier

    load = LoadSettings(args.scenario, args.duration, args.rate, args.latency, args.accuracy)
    data = Data(args.data, args.split, args.data_dir)
    classifier = Classifier.load(args.model, threads=args.threads, backend=args.backend)
    result = run_loadgen(classifier, data, load, args.out)
    if lost := result.unreadable:
        print(f"benchmarks: {len(lost)} of the pictures cannot be read and were left out ({lost[0]})", file=sys.stderr)
    if result.top1 is not None:
        low, high = result.top1.interval
        print(f"top-1 {result.top1.value:.1%} ({low:.1%} to {high:.1%}), {result.top1.total:,} pictures")
        return 0
    for name, value in result.figures.items():
        if "latency" in name or "per second" in name or name in ("Scenario", "Result is"):
            print(f"{name}: {value}")
    print(f"\n{args.out / 'mlperf_log_summary.txt'}")
    return 0 if result.verdict == "VALID" else 1
