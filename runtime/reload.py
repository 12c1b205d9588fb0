"""A model that is exchanged while frames flow: its file is watched, and a new one is tried before it is used."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from runtime.card import Fit
from runtime.card_file import read_card
from runtime.classifier import Classifier
from runtime.errors import EdgeframeError, ModelError, UsageError
from runtime.events import MODEL_REFUSED, MODEL_SWAPPED, SourceEvent
from runtime.frame import Frame
from runtime.image import fit_image
from runtime.measure import measure_latency, quantile
from runtime.result import Result
from runtime.selftest import require_right

POLL_SECONDS = 0.2
# How long a file must not have changed before it is tried; one without a card may still lack its end, where that is.
SETTLE_SECONDS, SETTLE_WITHOUT_CARD_SECONDS = 0.5, 5.0
_TIMED_RUNS = 20
_PATIENCE_SECONDS = 0.5

# What changes when a file is written to, or replaced: inode, size in bytes, modification in nanoseconds.
Stamp = tuple[int, int, int]


def read_stamp(path: Path) -> Stamp | None:
    """None where there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


@dataclass(frozen=True)
class Terms:
    """On which a new model is accepted, besides that it loads and answers its golden samples right.

    allow_new_labels: its labels may be others than those of the model in use. max_latency: seconds that a picture of
    its input's size may take (the median of some, while the old model goes on). Raises UsageError.
    """

    allow_new_labels: bool = False
    max_latency: float | None = None

    def __post_init__(self) -> None:
        if self.max_latency is not None and not self.max_latency > 0:
            raise UsageError(f"--max-latency {self.max_latency}: expected a time above 0")


class HotModel:
    """A classifier for frames, exchanged between two of them by a newer one of the same file.

    The file is watched, and a new one loaded and tried, in a thread; what comes of it is told as an event. A file
    that changes while it is looked at is left to settle. A context manager, which ends the thread.

    Args:
        path: of the model file. loaded: its stamp, read before `classifier` was loaded from it.
        classifier: to begin with.
        load: loads the file anew; may raise EdgeframeError.
        terms: on which a new one is accepted.
        is_watched: look at the file all the time; else only when `reload` is called.
        check: raises EdgeframeError where whatever comes after has no use for a model. Called in the thread.
        swapped: told of a model that is used from now on, between two frames, by the thread that classifies.
        tell: told of each model that is refused (in the thread) or used.
    """

    def __init__(
        self,
        path: Path,
        loaded: Stamp | None,
        classifier: Classifier,
        load: Callable[[], Classifier],
        *,
        terms: Terms,
        is_watched: bool,
        check: Callable[[Classifier], None],
        swapped: Callable[[Classifier], None],
        tell: Callable[[SourceEvent], None],
    ) -> None:
        self._path, self._tried = path, loaded
        self._current = self._newest = classifier
        self._load, self._terms, self._is_watched = load, terms, is_watched
        self._check, self._swapped, self._tell = check, swapped, tell
        self._accepted: queue.SimpleQueue[tuple[Classifier, str]] = queue.SimpleQueue()
        self._is_asked = False
        self._stopped = threading.Event()
        # A daemon: it may wait for a trial process, and must not keep this one from its end.
        self._thread = threading.Thread(target=self._run, name=f"model {path.name}", daemon=True)

    def __enter__(self) -> HotModel:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopped.set()
        self._thread.join(_PATIENCE_SECONDS)

    def reload(self) -> None:
        """Load the file anew, changed or not; returns at once, and may be called by a signal handler."""
        self._is_asked = True

    def classify_frame(self, frame: Frame, top: int) -> Result:
        """As Classifier.classify_frame, by the newest model."""
        while not self._accepted.empty():
            self._current, about = self._accepted.get()
            self._swapped(self._current)
            self._tell(SourceEvent(str(self._path), MODEL_SWAPPED, about))
        return self._current.classify_frame(self._refit(frame), top)

    def _refit(self, frame: Frame) -> Frame:
        """A frame that was on its way when the model was exchanged may be fitted for the one before."""
        size = self._current.card.input
        if not frame.is_fitted or frame.image.shape == (size.height, size.width, size.channels):
            return frame
        return replace(frame, image=fit_image(frame.image, size, Fit("squash")))

    def _run(self) -> None:
        seen, seen_at = self._tried, time.monotonic()
        while not self._stopped.wait(POLL_SECONDS):
            if self._is_asked:
                self._is_asked, self._tried = False, None
                if read_stamp(self._path) is None:
                    self._refuse("no such file")
            if not self._is_watched and self._tried is not None:
                continue
            stamp = read_stamp(self._path)
            if stamp is None or stamp == self._tried:
                continue
            if stamp != seen:
                seen, seen_at = stamp, time.monotonic()
            elif time.monotonic() - seen_at >= self._settle_seconds():
                self._try(stamp)

    def _settle_seconds(self) -> float:
        try:
            return SETTLE_WITHOUT_CARD_SECONDS if read_card(self._path) is None else SETTLE_SECONDS
        except ModelError:
            return SETTLE_WITHOUT_CARD_SECONDS

    def _try(self, stamp: Stamp) -> None:
        """Load the file and let it take over, unless it is refused, or has changed in the meantime."""
        self._tried = stamp
        refused = ""
        try:
            classifier = self._load()
            about = self._examine(classifier)
        except Exception as error:  # whatever a library raises must not end the thread
            refused = str(error).removeprefix(f"{self._path}: ") or type(error).__name__
        if read_stamp(self._path) != stamp:
            self._tried = None
        elif refused:
            self._refuse(refused)
        else:
            self._newest = classifier
            self._accepted.put((classifier, about))

    def _refuse(self, reason: str) -> None:
        # Where nobody reads the output any more, the thread that writes results will find that out.
        with contextlib.suppress(OSError, EdgeframeError):
            self._tell(SourceEvent(str(self._path), MODEL_REFUSED, reason))

    def _examine(self, classifier: Classifier) -> str:
        """What was found, for a person. Raises EdgeframeError where the model is not to be used."""
        card, old = classifier.card, self._newest.card
        if set(card.labels) != set(old.labels) and not self._terms.allow_new_labels:
            raise ModelError(
                f"{card.name}: has {len(card.labels)} labels ({', '.join(card.labels[:3])}, ...) that are not those of "
                f"the model in use ({', '.join(old.labels[:3])}, ...); allow them by --allow-new-labels"
            )
        self._check(classifier)
        picture = np.full((card.input.height, card.input.width, 3), 128, np.uint8)
        classifier.classify(picture)
        golden = require_right(classifier)
        if self._terms.max_latency is not None:
            _require_quick(classifier, picture, self._terms.max_latency)
        return f"{card.name} ({card.recipe}), " + (f"{golden} golden samples right" if golden else "no golden samples")


def _require_quick(classifier: Classifier, picture: np.ndarray, longest: float) -> None:
    taken = quantile(measure_latency(classifier, picture, _TIMED_RUNS).total, 0.5)
    if taken > longest:
        raise ModelError(
            f"{classifier.card.name}: takes {taken * 1e3:.2g} ms, more than --max-latency {longest * 1e3:g} ms"
        )
