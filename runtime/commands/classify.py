"""`runtime classify`: label pictures, videos or camera frames."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.commands.model import add_model_arguments, load_classifier
from runtime.errors import PictureError, UsageError

if TYPE_CHECKING:
    from runtime.classifier import Classifier
    from runtime.result import Result
    from runtime.sinks import Sink
    from runtime.sources import Source
    from runtime.sources.open import OnError

_EPILOG = """examples:
  runtime classify photo.jpg holiday/           pictures and folders of them
  runtime classify --camera                     the first camera, until Ctrl-C
  runtime classify --camera rtsp://shed/1       a network camera
  runtime classify --camera picamera2           the Raspberry Pi's own camera
  runtime classify --model flowers.tflite --threshold 0.5 --json photos/
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument(
        "sources", nargs="*", metavar="SOURCE", help="a picture, a folder of them, a video file or a URL"
    )
    parser.add_argument(
        "--camera",
        nargs="?",
        const="0",
        metavar="SPEC",
        help="a camera: an index, a device, a URL, a video file, picamera2 or test (default: the first)",
    )
    parser.add_argument(
        "--model", metavar="FILE", help=".tflite or .onnx (default: the ImageNet model that comes along)"
    )
    parser.add_argument("--top", type=positive, default=5, metavar="N", help="how many classes to give (default: 5)")
    parser.add_argument("--threshold", type=_probability, default=0.0, metavar="P", help="leave out scores below this")
    parser.add_argument("--json", action="store_true", help="one JSON object a frame (the default in a pipe)")
    parser.add_argument("--max-frames", type=positive, metavar="N", help="stop after so many frames")
    add_model_arguments(parser)


def run(args: argparse.Namespace) -> int:
    if bool(args.sources) == (args.camera is not None):
        raise UsageError("give pictures or videos to classify, or --camera; try: runtime classify --camera test")
    classifier = load_classifier(args.model, args)
    unreadable: list[PictureError] = []

    def report(error: PictureError) -> None:
        unreadable.append(error)
        print(f"runtime: {error}", file=sys.stderr)

    remaining = args.max_frames
    classified = 0
    for source in _open_sources(args, classifier, report):
        done = _classify_source(classifier, source, args, remaining)
        classified += done
        remaining = None if remaining is None else remaining - done
        if remaining == 0:
            break
    if unreadable and classified + len(unreadable) > 1:
        print(f"runtime: {len(unreadable)} of {classified + len(unreadable)} pictures cannot be read", file=sys.stderr)
    return 1 if unreadable else 0


def _open_sources(args: argparse.Namespace, classifier: Classifier, report: OnError) -> Iterator[Source]:
    from runtime.sources import open_camera, open_source

    if args.camera is not None:
        yield open_camera(args.camera, classifier.card)
    # All names are looked at before the first frame, so that a mistyped one does not wait for the others.
    yield from [open_source(spec, classifier.card, report) for spec in args.sources]


def _classify_source(classifier: Classifier, source: Source, args: argparse.Namespace, most: int | None) -> int:
    """Classify a source to its end, or `most` frames of it; returns how many."""
    sink = _make_sink(source, args)
    count = 0
    try:
        with source:
            for frame in source:
                sink.write(_above(classifier.classify_frame(frame, args.top), args.threshold))
                count += 1
                if count == most:
                    break
    finally:
        sink.close()
    return count


def _make_sink(source: Source, args: argparse.Namespace) -> Sink:
    from runtime.sinks import JsonLines, Terminal

    if args.json or not sys.stdout.isatty():
        return JsonLines(sys.stdout)
    return Terminal(sys.stdout, is_live=source.is_video)


def _above(result: Result, threshold: float) -> Result:
    return replace(result, predictions=tuple(p for p in result.predictions if p.score >= threshold))


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number}: expected 1 or more")
    return number


def _probability(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{number}: expected 0 to 1")
    return number
