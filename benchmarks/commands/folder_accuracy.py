"""`python -m benchmarks folder-accuracy`: top-1 of the real command on a folder of pictures."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "example:\n  python -m benchmarks folder-accuracy photos/ --model lite0_int8.tflite"
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="pictures, and labels.csv with file and class_index"
    )
    parser.add_argument("--model", type=Path, metavar="FILE", help="(default: the model that comes along)")


def run(args: argparse.Namespace) -> int:
    from benchmarks.checks.folder_accuracy import measure_folder_accuracy

    top1, unreadable = measure_folder_accuracy(args.folder, args.model)
    low, high = (f"{share * 100:.1f}" for share in top1.interval)
    print(f"top-1 {top1.value * 100:.1f} % ({low} to {high}), {top1.correct} of {top1.total} pictures")
    if unreadable:
        print(f"{unreadable} more could not be read")
    return 1 if unreadable else 0
