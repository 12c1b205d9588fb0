"""Pictures of a data set as arrays at the network's size."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from runtime.card import Fit, InputSize
from runtime.dataset import DataSet
from runtime.errors import DataError
from runtime.image import Picture, fit_image
from train.progress import Progress

IN_MEMORY = 2 << 30  # bytes; 14,000 photos at 224 x 224


@dataclass(frozen=True)
class Examples:
    """What is learnt from: uint8 pictures (count x height x width x channels) or float32 features (count x features).

    targets: int64 classes (count). numbers: int64, of the pictures in their data set (count).
    """

    values: np.ndarray
    targets: np.ndarray
    numbers: np.ndarray

    def join(self, others: Examples) -> Examples:
        """These and the others; the numbers of those are of another data set."""
        return Examples(
            np.concatenate([self.values, others.values]),
            np.concatenate([self.targets, others.targets]),
            np.concatenate([self.numbers, others.numbers]),
        )


@dataclass(frozen=True)
class Reader:
    """Reads pictures and fits them to a network's input. Those that cannot be read are named and left out."""

    size: InputSize
    fit: Fit
    progress: Progress

    def read_all(self, data: DataSet) -> Examples:
        """All of them, decoded once, at the network's size.

        Raises DataError when no picture can be read, or there is no room for so many.
        """
        pictures = _make_room((len(data), self.size.height, self.size.width, self.size.channels))
        numbers: list[int] = []
        for number, picture in self._readable(data):
            pictures[len(numbers)] = fit_image(picture, self.size, self.fit)
            numbers.append(number)
        return Examples(pictures[: len(numbers)], data.targets[numbers], np.array(numbers))

    def read_batches(self, data: DataSet, batch: int) -> Iterator[Examples]:
        """A batch at a time, the last one smaller: many photos need little memory. Raises as `read_all`."""
        pictures: list[np.ndarray] = []
        numbers: list[int] = []
        for number, picture in self._readable(data):
            pictures.append(fit_image(picture, self.size, self.fit))
            numbers.append(number)
            if len(pictures) == batch:
                yield Examples(np.stack(pictures), data.targets[numbers], np.array(numbers))
                pictures, numbers = [], []
        if pictures:
            yield Examples(np.stack(pictures), data.targets[numbers], np.array(numbers))

    def _readable(self, data: DataSet) -> Iterator[tuple[int, Picture]]:
        count = 0
        for numbered in self.progress.pictures(data, f"{data.split} pictures"):
            count += 1
            yield numbered
        if not count:
            raise DataError(f"{data.name}: none of its {len(data)} {data.split} pictures can be read")


def _make_room(shape: tuple[int, ...]) -> np.ndarray:
    """uint8; in memory, and in a file that has no name and so is gone with the process where they are many.

    Raises DataError where the disk has no room for that: a full one would end the process with a bus error.
    """
    size = math.prod(shape)
    if size <= IN_MEMORY:
        return np.empty(shape, np.uint8)
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if size > free:
        raise DataError(
            f"{shape[0]:,} pictures of {shape[2]}x{shape[1]} take {size / 1e9:.1f} GB in {tempfile.gettempdir()}, "
            f"which has {free / 1e9:.1f} GB free; name a folder on a larger disk by TMPDIR, or take a smaller --size"
        )
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)
