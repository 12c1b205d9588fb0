"""How pictures come: MLPerf's scenarios, over the classifier of the runtime."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from runtime.classifier import Classifier

# The pictures of a query, of each worker, when the throughput of all cores is what counts.
_OFFLINE_PICTURES_A_WORKER = 8


@dataclass(frozen=True)
class Scenario:
    """single-stream: a picture, then the next. multi-stream: queries of eight pictures, timed each as a whole (MLPerf's
    number). offline: all pictures are there, and only the throughput counts.

    The last two use as many classifiers, of `threads` threads each, as the cores have room for.
    """

    name: str
    pictures_a_query: Callable[[int], int]

    @property
    def is_single(self) -> bool:
        return self.name == "single-stream"


_ROWS = (
    Scenario("single-stream", lambda workers: 1),
    Scenario("multi-stream", lambda workers: 8),
    Scenario("offline", lambda workers: workers * _OFFLINE_PICTURES_A_WORKER),
)
SCENARIOS = {row.name: row for row in _ROWS}


class Pool:
    """Classifiers that share the pictures of a query; a context manager that ends their threads."""

    def __init__(self, classifiers: Sequence[Classifier]) -> None:
        self._idle: queue.SimpleQueue[Classifier] = queue.SimpleQueue()
        for classifier in classifiers:
            self._idle.put(classifier)
        self._executor = ThreadPoolExecutor(len(classifiers), "benchmark")

    def classify(self, pictures: Sequence[np.ndarray]) -> None:
        """All of them; raises what a classifier raised."""
        list(self._executor.map(self._classify, pictures))

    def _classify(self, picture: np.ndarray) -> None:
        classifier = self._idle.get()
        try:
            classifier.classify(picture)
        finally:
            self._idle.put(classifier)

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *error: object) -> None:
        self._executor.shutdown()
