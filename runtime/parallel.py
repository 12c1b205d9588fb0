"""Many pictures on all cores: each worker decodes and classifies whole pictures, with an interpreter of its own."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from typing import TypeVar

from runtime.classifier import Classifier
from runtime.errors import PictureError
from runtime.frame import Frame
from runtime.result import Result

# Results wait for an earlier picture that takes long; so many a worker are enough to keep all busy.
_AHEAD = 4

T = TypeVar("T")
Submit = Callable[[T], Future[Result]]


def classify_pictures(
    pictures: Iterable[T],
    read: Callable[[T], Frame],
    load: Callable[[], Classifier],
    *,
    top: int,
    workers: int,
    on_error: Callable[[PictureError], None],
    may_wait: bool = False,
) -> Iterator[Result]:
    """Results in the order of the pictures, as they come; never more than a few are held.

    Args:
        pictures: what stands for each; may be endless, and is only read as far as needed.
        read: gives the frame of one, called by several threads. May raise PictureError.
        load: gives a classifier of one thread; called at most `workers` times, only when one is wanted.
        on_error: told of each picture that cannot be read, in order, by the thread that takes the results.
        may_wait: the next of the pictures may be long in coming; the results of those before do not wait for it.
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

    submit_all = _submit_as_they_come if may_wait else _submit_ahead
    executor = ThreadPoolExecutor(workers, "classify")
    try:
        futures = submit_all(pictures, lambda picture: executor.submit(work, picture), workers * _AHEAD)
        with closing(futures):
            for future in futures:
                try:
                    yield future.result()
                except PictureError as error:
                    on_error(error)
    finally:
        executor.shutdown(cancel_futures=True)


def _submit_ahead(pictures: Iterable[T], submit: Submit[T], most: int) -> Generator[Future[Result], None, None]:
    """What was submitted, in order, never more than `most` of it at a time."""
    coming = iter(pictures)
    waiting: deque[Future[Result]] = deque()
    while True:
        waiting.extend(map(submit, islice(coming, most - len(waiting))))
        if not waiting:
            return
        yield waiting.popleft()


def _submit_as_they_come(pictures: Iterable[T], submit: Submit[T], most: int) -> Generator[Future[Result], None, None]:
    """As _submit_ahead; a thread waits for the pictures. What they raise is raised after those that came before.

    The thread is a daemon that is left behind where it waits: nothing ends a read of standard input.
    """
    room = threading.Semaphore(most)
    stopped = threading.Event()
    submitted: queue.SimpleQueue[Future[Result] | Exception | None] = queue.SimpleQueue()

    def feed() -> None:
        end = None
        try:
            for picture in pictures:
                room.acquire()
                if stopped.is_set():
                    return
                submitted.put(submit(picture))
        except Exception as error:  # raised again where the results are taken
            end = error
        submitted.put(end)

    threading.Thread(target=feed, name="pictures", daemon=True).start()
    try:
        while (future := submitted.get()) is not None:
            if isinstance(future, Exception):
                raise future
            yield future
            room.release()
    finally:
        stopped.set()
        room.release()
