"""Examples as a learning network takes them (train/objective.py): in batches, each epoch in an order of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from train.reading import Examples


@dataclass(frozen=True)
class Feed:
    """Examples in batches, read (from memory, or from the disk where they are many) while the network learns.

    values: what it takes, count first. targets: float32, count x classes.
    """

    values: np.ndarray
    targets: np.ndarray
    batch: int

    @property
    def steps(self) -> int:
        """Batches an epoch; the last one may be smaller."""
        return math.ceil(len(self.targets) / self.batch)

    def fit(
        self, learner: keras.Model, order: np.ndarray, callbacks: list[keras.callbacks.Callback]
    ) -> dict[str, float]:
        """One epoch in an `order` of all examples; its loss and accuracy."""
        self.order[:] = order
        learnt = learner.fit(self.batches, shuffle=False, verbose=0, callbacks=callbacks)
        return {name: values[-1] for name, values in learnt.history.items()}

    def evaluate(self, learner: keras.Model) -> dict[str, float]:
        """Loss and accuracy of all examples, without learning or augmentation."""
        self.order[:] = np.arange(len(self.targets))
        return dict(learner.evaluate(self.batches, verbose=0, return_dict=True))

    @cached_property
    def order(self) -> np.ndarray:
        """Of the examples in `batches`: int64, count. It is changed in place."""
        return np.arange(len(self.targets))

    @cached_property
    def batches(self) -> Any:
        """((values, targets), targets) of each batch in the `order` of now, for Keras: made once, not once an epoch."""
        if keras.backend.backend() == "tensorflow":
            from train.feed_tensorflow import open_dataset

            return open_dataset(self.values, self.targets, self.order, self.batch)
        return _Batches(self)


def open_feed(examples: Examples, classes: int, batch: int, devices: int = 1) -> Feed:
    """The examples in batches of `batch`, which each of `devices` gets as much of: up to devices - 1 are left out."""
    count = len(examples.targets) // devices * devices
    targets = np.eye(classes, dtype=np.float32)[examples.targets[:count]]
    return Feed(examples.values[:count], targets, batch // devices * devices or devices)


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
    """Gathered by the thread that learns. With workers a process' first epoch would not be of these batches: Keras 3.15
    takes one of them to build the network, and its queue goes on from there.
    """

    def __init__(self, feed: Feed) -> None:
        super().__init__(workers=1)
        self._feed = feed

    def __len__(self) -> int:
        return self._feed.steps

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        chosen = self._feed.order[index * self._feed.batch : (index + 1) * self._feed.batch]
        targets = self._feed.targets[chosen]
        return (self._feed.values[chosen], targets), targets
