"""From a source and a model to results, in one call: `for result in runtime.classify("camera"): ...`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, cast

from runtime.backends import available_cores
from runtime.classifier import DEFAULT_MODEL, Classifier
from runtime.errors import PictureError
from runtime.result import Result
from runtime.sources import Source, SourceOptions, open_camera, open_source

if TYPE_CHECKING:
    from runtime.sources.pictures import PictureSource
    from runtime.sources.request import OnError, OnEvent

CAMERA, FIRST_CAMERA = "camera", "0"

_USUAL = SourceOptions()


def classify(
    source: str | Path = CAMERA,
    *,
    model: str | Path | Classifier = DEFAULT_MODEL,
    top: int = 5,
    options: SourceOptions = _USUAL,
    on_error: OnError | None = None,
    on_event: OnEvent | None = None,
) -> Generator[Result, None, None]:
    """What is on each frame of a camera, or on each picture of a folder, as `runtime classify` tells it.

        for result in runtime.classify("camera", model="flowers.tflite"):
            print(result.label, result.score)

    Args:
        source: `camera` (the first one), a device (`/dev/video0`), `rtsp://...`, `test` (moving test pictures), a
            video file, a picture, a folder of pictures or a pattern (`photos/*.jpg`).
        model: a `.tflite` or `.onnx` file (by default the ImageNet one that comes along); of several pictures, each
            core then classifies its own. Or a Classifier, loaded as you like, which takes one after the other.
        top: how many classes a result has.
        options: how the source is opened, kept open and looked at.
        on_error: told of each of several pictures that cannot be read; without it, the first such raises.
        on_event: told when a camera is opened, lost, found again, ...

    Returns:
        The results as they come, endless for a camera. The source is open while they are taken: it is let go of at
        their end, and by `close()` on them.

    Raises EdgeframeError: at once where model or source can only be wrong, while iterating where a camera fails.
    """
    classifier = model if isinstance(model, Classifier) else Classifier.load(model)
    if source == CAMERA:
        opened = open_camera(FIRST_CAMERA, classifier.card, options=options, on_event=on_event)
    else:
        opened = open_source(str(source), classifier.card, on_error, options=options, on_event=on_event)
    if opened.is_video or isinstance(model, Classifier):
        return _classify_frames(opened, classifier, top)
    pictures = [cast("PictureSource", opened)]
    return classify_pictures_of(
        pictures, classifier, lambda: Classifier.load(model, threads=1), top=top, on_error=on_error or _raise
    )


def classify_pictures_of(
    sources: Sequence[PictureSource],
    classifier: Classifier,
    load: Callable[[], Classifier],
    *,
    top: int,
    on_error: OnError,
    workers: int | None = None,
) -> Generator[Result, None, None]:
    """Results of the pictures of several sources, in order, on all cores.

    Args:
        sources: entered while the results are taken.
        classifier: takes the picture where there is but one.
        load, top, on_error: see runtime.parallel.
        workers: by default one a core.
    """
    with ExitStack() as stack:
        entered = [stack.enter_context(source) for source in sources]
        if len(entered) == 1 and entered[0].is_single:
            yield from (classifier.classify_frame(frame, top) for frame in entered[0])
            return
        from runtime.parallel import classify_pictures
        from runtime.sources.pictures import make_jpeg_fitter

        jpegs = make_jpeg_fitter(entered)
        yield from classify_pictures(
            ((source, index, path) for source in entered for index, path in enumerate(source.paths)),
            lambda item: item[0].read(item[1], item[2], jpegs),
            load,
            top=top,
            workers=workers or available_cores(),
            on_error=on_error,
            may_wait=not all(isinstance(source.paths, list) for source in entered),
        )


def _classify_frames(source: Source, classifier: Classifier, top: int) -> Generator[Result, None, None]:
    with source:
        for frame in source:
            yield classifier.classify_frame(frame, top)


def _raise(error: PictureError) -> None:
    raise error
