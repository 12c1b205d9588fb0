"""Examples as a learning network takes them (train/objective.py): in batches, each epoch in an order of its own."""

from __future__ import annotations

import math
from typing import Any, Protocol

import keras
import numpy as np

from train.reading import IN_MEMORY, Examples


class Feed(Protocol):
    """steps: batches an epoch."""

    steps: int

    def fit(self, learner: keras.Model, callbacks: list[keras.callbacks.Callback]) -> dict[str, float]:
        """One epoch in the order that Keras' random seed gives; its loss and accuracy."""
        ...

    def evaluate(self, learner: keras.Model) -> dict[str, float]:
        """Loss and accuracy of all examples, without learning or augmentation."""
        ...


def open_feed(examples: Examples, classes: int, batch: int, devices: int = 1) -> Feed:
    """From memory where the examples are there, from the disk otherwise.

    devices: that a batch is shared among. Each gets as many examples, so of the last ones up to devices - 1 are left
    out.
    """
    count = len(examples.targets) // devices * devices
    targets = np.eye(classes, dtype=np.float32)[examples.targets[:count]]
    kind = _Memory if examples.values.nbytes <= IN_MEMORY else _Disk
    return kind(examples.values[:count], targets, batch // devices * devices or devices)


class _Memory:
    """Tensors are made once, not once an epoch."""

    def __init__(self, values: np.ndarray, targets: np.ndarray, batch: int) -> None:
        self.steps = math.ceil(len(targets) / batch)
        self._batch = batch
        self._targets = keras.ops.convert_to_tensor(targets)
        self._values = keras.ops.convert_to_tensor(values)

    def fit(self, learner: keras.Model, callbacks: list[keras.callbacks.Callback]) -> dict[str, float]:
        learnt = learner.fit([self._values, self._targets], self._targets, self._batch, verbose=0, callbacks=callbacks)
        return {name: values[-1] for name, values in learnt.history.items()}

    def evaluate(self, learner: keras.Model) -> dict[str, float]:
        given = [self._values, self._targets]
        return dict(learner.evaluate(given, self._targets, self._batch, verbose=0, return_dict=True))


class _Disk:
    """Batches are read by threads while the network learns from those before."""

    _WORKERS = 4

    def __init__(self, values: np.ndarray, targets: np.ndarray, batch: int) -> None:
        self.steps = math.ceil(len(targets) / batch)
        self._parts = values, targets, batch

    def fit(self, learner: keras.Model, callbacks: list[keras.callbacks.Callback]) -> dict[str, float]:
        order = np.random.permutation(len(self._parts[1]))  # Keras' seed is numpy's too
        batches = _Batches(self._parts, order, self._WORKERS)
        learnt = learner.fit(batches, shuffle=False, verbose=0, callbacks=callbacks)
        return {name: values[-1] for name, values in learnt.history.items()}

    def evaluate(self, learner: keras.Model) -> dict[str, float]:
        batches = _Batches(self._parts, np.arange(len(self._parts[1])), self._WORKERS)
        return dict(learner.evaluate(batches, verbose=0, return_dict=True))


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
    def __init__(self, parts: tuple[np.ndarray, np.ndarray, int], order: np.ndarray, workers: int) -> None:
        super().__init__(workers=workers)
        self._values, self._targets, self._batch = parts
        self._order = order

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._batch)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        chosen = self._order[index * self._batch : (index + 1) * self._batch]
        targets = self._targets[chosen]
        return (self._values[chosen], targets), targets
