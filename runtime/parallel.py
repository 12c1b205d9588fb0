"""Many pictures on all cores: each worker decodes and classifies whole pictures, with an interpreter of its own."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from runtime.classifier import Classifier
from runtime.errors import PictureError
from runtime.frame import Frame
from runtime.result import Result

# Results wait for an earlier picture that takes long; so many a worker are enough to keep all busy.
_AHEAD = 4

T = TypeVar("T")


def classify_pictures(
    pictures: Iterable[T],
    read: Callable[[T], Frame],
    load: Callable[[], Classifier],
    *,
    top: int,
    workers: int,
    on_error: Callable[[PictureError], None],
) -> Iterator[Result]:
    """Results in the order of the pictures, as they come; never more than a few are held.

    Args:
        pictures: what stands for each; may be endless, and is only read as far as needed.
        read: gives the frame of one, called by several threads. May raise PictureError.
        load: gives a classifier of one thread; called at most `workers` times, only when one is wanted.
        on_error: told of each picture that cannot be read, in order, by the thread that takes the results.
    """
    idle: queue.SimpleQueue[Classifier] = queue.SimpleQueue()

    def work(picture: T) -> Result:
        frame = read(picture)
        try:
            classifier = idle.get_nowait()
        except queue.Empty:
            classifier = load()
        try:
            return classifier.classify_frame(frame, top)
        finally:
            idle.put(classifier)

    coming = iter(pictures)
    waiting: deque[Future[Result]] = deque()
    executor = ThreadPoolExecutor(workers, "classify")
    try:
        while True:
            for picture in islice(coming, workers * _AHEAD - len(waiting)):
                waiting.append(executor.submit(work, picture))
            if not waiting:
                return
            try:
                yield waiting.popleft().result()
            except PictureError as error:
                on_error(error)
    finally:
        executor.shutdown(cancel_futures=True)
