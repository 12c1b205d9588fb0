"""Which pictures calibrate a conversion and which ones check it, and how they become the network's input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from convert.observer import Observer
from runtime.card import InputSize, ModelCard
from runtime.dataset import DataSet, open_dataset
from runtime.errors import DataError
from runtime.image import fit_image


@dataclass(frozen=True)
class PictureChoice:
    """Two sets with no picture in common: what calibrates, and what the result is checked on."""

    calibration: DataSet
    check: DataSet


@dataclass(frozen=True)
class FittedPictures:
    """A data set's pictures as the network takes them.

    pictures: uint8, count x height x width x channels. targets: int64 indices of the labels, None where
    unlabelled. data, split: where they are from.
    """

    data: str
    split: str
    pictures: np.ndarray
    targets: np.ndarray | None


def choose_pictures(spec: str, calibration: int, check: int, data_dir: str | None) -> PictureChoice:
    """At most `calibration` and `check` pictures, the same ones every time, an equal share of each class.

    Data that names its classes may have trained the network: it calibrates with its train split, and the
    check is on its test split. Data that does not (pictures only, or with the indices of a model's outputs)
    cannot have, so all of it serves: up to half of it calibrates, the rest checks.

    Raises DataError as `open_dataset` does, and for a single picture.
    """
    data = open_dataset(spec, "train", data_dir)
    everything = data if data.labels else open_whole(spec, "train", data_dir)
    if everything.split == "train":
        test = open_dataset(spec, "test", data_dir)
        return PictureChoice(everything.sample(calibration), test.sample(check))
    if len(everything) < 2:
        raise DataError(f"{spec}: has {len(everything)} picture; expected at least one to calibrate and one to check")
    calibrating = everything.sample_numbers(min(calibration, len(everything) // 2))
    rest = np.setdiff1d(np.arange(len(everything)), calibrating)
    return PictureChoice(everything.subset(calibrating), everything.subset(rest, "rest").sample(check))


def open_whole(spec: str, split: str, data_dir: str | None) -> DataSet:
    """All pictures of data that has no splits, else one split of it."""
    try:
        return open_dataset(spec, "all", data_dir)
    except DataError:
        return open_dataset(spec, split, data_dir)


def fit_pictures(data: DataSet, card: ModelCard, observer: Observer, what: str) -> FittedPictures:
    """Read pictures and fit them by the one resize. Those that cannot be read are left out.

    Raises DataError where none is left, or a class of the data is not among the card's labels.
    """
    targets = data.targets_in(card.labels)
    fitted, kept = [], []
    for number, picture in observer.track(data.pictures(observer.skip), what, len(data)):
        fitted.append(fit_image(picture, card.input, card.fit))
        kept.append(number)
    if not fitted:
        raise DataError(f"{data.name}: none of its {len(data)} {data.split} pictures can be read; give other data")
    return FittedPictures(data.name, data.split, np.stack(fitted), targets[kept] if data.is_labelled else None)


def span_input_range(calibration: np.ndarray) -> np.ndarray:
    """The pictures with one corner of the first one black and the other white.

    With them the range that is measured of the input is 0..255 whatever the pictures are: its scale is then
    exactly 1, and the bytes of a camera are the numbers that the network takes. Two pixels do not move the
    range of any other tensor.
    """
    spanning: np.ndarray = calibration.copy()
    spanning[0, 0, 0], spanning[0, -1, -1] = 0, 255
    return spanning


def plain_picture(size: InputSize) -> np.ndarray:
    """A gray picture, uint8 height x width x 3; what is on it does not change how long a network takes."""
    return np.full((size.height, size.width, 3), 128, np.uint8)
