"""`runtime classify`: label pictures, videos or camera frames."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator
from contextlib import ExitStack, closing
from itertools import groupby, islice
from typing import TYPE_CHECKING, cast

from runtime.commands.model import add_model_arguments, load_classifier
from runtime.commands.numbers import positive
from runtime.commands.output_arguments import add_output_arguments, read_output_settings
from runtime.commands.source_arguments import add_source_arguments, read_source_options
from runtime.errors import PictureError, UsageError
from runtime.printable import printable

if TYPE_CHECKING:
    from runtime.classifier import Classifier
    from runtime.result import Result
    from runtime.sinks.fan_out import Sinks
    from runtime.sources import Source
    from runtime.sources.pictures import PictureSource
    from runtime.sources.request import OnError

_EPILOG = """examples:
  runtime classify photo.jpg holiday/           pictures and folders of them, on all cores
  runtime classify --camera                     the first camera, until Ctrl-C
  runtime classify --camera rtsp://shed/1       a network camera
  runtime classify --camera picamera2           the Raspberry Pi's own camera
  runtime classify --camera --smooth 1s --on-change --exec 'say {label}'
  runtime classify --model flowers.tflite --threshold 0.5 --json photos/
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="a picture, folder, pattern, video file or URL, or - (names on stdin)",
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
    parser.add_argument("--max-frames", type=positive, metavar="N", help="stop after so many frames")
    add_output_arguments(parser)
    add_source_arguments(parser)
    add_model_arguments(parser)


def run(args: argparse.Namespace) -> int:
    if bool(args.sources) == (args.camera is not None):
        raise UsageError("give pictures or videos to classify, or --camera; try: runtime classify --camera test")
    settings = read_output_settings(args)
    classifier = load_classifier(args.model, args, threads=None if args.camera else 1)
    unreadable: list[PictureError] = []

    def report(error: PictureError) -> None:
        unreadable.append(error)
        print(printable(f"runtime: {error}"), file=sys.stderr)

    from runtime.sinks.open import open_sinks

    classified = 0
    with open_sinks(settings, classifier.card.labels, args.top) as sinks:
        sources = _open_sources(args, classifier, sinks, report)
        with closing(_classify(sources, classifier, args, sinks, report)) as results:
            for result in islice(results, args.max_frames):
                sinks.write(result)
                classified += 1
    if unreadable and classified + len(unreadable) > 1:
        print(f"runtime: {len(unreadable)} of {classified + len(unreadable)} pictures cannot be read", file=sys.stderr)
    return 1 if unreadable else 0


def _open_sources(args: argparse.Namespace, classifier: Classifier, sinks: Sinks, report: OnError) -> list[Source]:
    """All names are looked at before the first frame, so that a mistyped one does not wait for the others."""
    from runtime.sources import open_camera, open_source

    options = read_source_options(args)
    if args.camera is not None:
        return [open_camera(args.camera, classifier.card, options=options, on_event=sinks.write_event)]
    return [
        open_source(spec, classifier.card, report, options=options, on_event=sinks.write_event) for spec in args.sources
    ]


def _classify(
    sources: list[Source], classifier: Classifier, args: argparse.Namespace, sinks: Sinks, report: OnError
) -> Generator[Result, None, None]:
    """Results of the sources one after the other; pictures that follow each other share all cores."""
    for is_video, group in groupby(sources, lambda source: source.is_video):
        if not is_video:
            sinks.begin(is_video=False)
            yield from _classify_pictures(cast("list[PictureSource]", list(group)), classifier, args, report)
            continue
        for source in group:
            sinks.begin(is_video=True)
            with source:
                for frame in source:
                    yield classifier.classify_frame(frame, args.top)


def _classify_pictures(
    sources: list[PictureSource], classifier: Classifier, args: argparse.Namespace, report: OnError
) -> Generator[Result, None, None]:
    with ExitStack() as stack:
        entered = [stack.enter_context(source) for source in sources]
        if len(entered) == 1 and entered[0].is_single:
            yield from (classifier.classify_frame(frame, args.top) for frame in entered[0])
            return
        from runtime.backends import available_cores
        from runtime.parallel import classify_pictures

        spare = [classifier]

        def load() -> Classifier:
            try:
                return spare.pop()
            except IndexError:
                return load_classifier(args.model, args, threads=1)

        numbered = ((source, index, path) for source in entered for index, path in enumerate(source.paths))
        yield from classify_pictures(
            numbered,
            lambda item: item[0].read(item[1], item[2]),
            load,
            top=args.top,
            workers=max(1, available_cores() // (args.threads or 1)),
            on_error=report,
        )
