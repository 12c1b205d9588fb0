"""`runtime classify`: label pictures, videos or camera frames."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from functools import partial
from itertools import groupby, islice
from typing import TYPE_CHECKING, cast

from runtime.command_line import positive
from runtime.commands.model import Running, add_model_arguments, load_classifier, read_running
from runtime.commands.output_arguments import add_output_arguments, read_output_settings
from runtime.commands.reload_arguments import add_reload_arguments, exchange_model, read_reload
from runtime.commands.source_arguments import add_source_arguments, read_source_options
from runtime.errors import PictureError, UsageError
from runtime.sources.open import CAMERAS

if TYPE_CHECKING:
    from runtime.classifier import Classifier
    from runtime.reload import HotModel
    from runtime.result import Result
    from runtime.sinks.fan_out import Sinks
    from runtime.sources import Source
    from runtime.sources.pictures import PictureSource
    from runtime.sources.request import OnError

_EPILOG = """examples:
  runtime classify photo.jpg holiday/           pictures, and folders of them
  runtime classify --camera                     the first camera, until Ctrl-C
  runtime classify --camera rtsp://shed/1       a network camera
  runtime classify --camera picamera2           the Raspberry Pi's own camera
  runtime classify --camera --model flowers.tflite --selftest --watch
  runtime classify --camera --smooth 1s --on-change --exec 'say {label}'
  runtime classify --model flowers.tflite --threshold 0.5 --json photos/
  runtime classify @shed.options                options and passwords in a file
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
        help=f"one of: {CAMERAS} (default: the first camera)",
    )
    parser.add_argument(
        "--model", metavar="FILE", help=".tflite or .onnx (default: the ImageNet model that comes along)"
    )
    parser.add_argument("--top", type=positive, default=5, metavar="N", help="how many classes to give (default: 5)")
    parser.add_argument("--max-frames", type=positive, metavar="N", help="stop after so many frames")
    parser.add_argument(
        "--selftest", action="store_true", help="first see that the model answers its golden samples right here"
    )
    add_output_arguments(parser)
    add_source_arguments(parser)
    add_reload_arguments(parser)
    add_model_arguments(parser)


def run(args: argparse.Namespace) -> int:
    if bool(args.sources) == (args.camera is not None):
        raise UsageError("give pictures or videos to classify, or --camera; try: runtime classify --camera test")
    settings = read_output_settings(args)
    reload = read_reload(args)
    running = read_running(args.model, args, is_pictures=args.camera is None)
    classifier = load_classifier(args.model, args, running)
    if args.selftest:
        _test(classifier)
    unreadable: list[PictureError] = []

    def report(error: PictureError) -> None:
        unreadable.append(error)
        tell_on_stderr(str(error))

    from runtime.sinks.health import tell_on_stderr
    from runtime.sinks.open import open_sinks

    classified = 0
    with open_sinks(settings, classifier.card.labels, args.top) as sinks, ExitStack() as stack:
        sources = _open_sources(args, classifier, sinks, report)
        model: Classifier | HotModel = classifier
        if reload is not None:
            load = partial(load_classifier, args.model, args, running)
            model = stack.enter_context(exchange_model(reload, classifier, load, sources, sinks))
        pictures = partial(_classify_pictures, classifier=classifier, running=running, args=args, report=report)
        results = stack.enter_context(closing(_classify(sources, model, sinks, args.top, pictures)))
        stack.callback(sinks.end)
        for result in islice(results, args.max_frames):
            sinks.write(result)
            classified += 1
    # Of a video each result is a frame: there is no number of pictures to compare with.
    if unreadable and classified + len(unreadable) > 1 and not any(source.is_video for source in sources):
        tell_on_stderr(f"{len(unreadable)} of {classified + len(unreadable)} pictures cannot be read")
    return 1 if unreadable else 0


def _test(classifier: Classifier) -> None:
    from runtime.selftest import no_golden_error, require_right

    if not require_right(classifier):
        raise no_golden_error(classifier.card)


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
    sources: list[Source],
    model: Classifier | HotModel,
    sinks: Sinks,
    top: int,
    classify_pictures: Callable[[list[PictureSource]], Iterator[Result]],
) -> Generator[Result, None, None]:
    """Results of the sources one after the other; pictures that follow each other share all cores."""
    for is_video, group in groupby(sources, lambda source: source.is_video):
        if not is_video:
            sinks.begin(is_video=False)
            yield from classify_pictures(cast("list[PictureSource]", list(group)))
            continue
        for source in group:
            sinks.begin(is_video=True, is_live=source.is_live)
            with source:
                for frame in source:
                    yield model.classify_frame(frame, top)


def _classify_pictures(
    sources: list[PictureSource], classifier: Classifier, running: Running, args: argparse.Namespace, report: OnError
) -> Generator[Result, None, None]:
    """On all cores, by the classifier there is and as many more as are wanted."""
    from runtime.backends import available_cores
    from runtime.classification import classify_pictures_of

    spare = [classifier]

    def load() -> Classifier:
        try:
            return spare.pop()
        except IndexError:
            return load_classifier(args.model, args, running, trust=True)

    workers = running.picture_workers or max(1, available_cores() // (running.threads or 1))
    yield from classify_pictures_of(sources, classifier, load, top=args.top, on_error=report, workers=workers)
