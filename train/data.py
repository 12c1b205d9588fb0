"""The pictures of a training, opened and checked before Keras is loaded."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from runtime.dataset import NAMED, SPLITS, DataSet, open_dataset
from runtime.dataset.dataset import composed
from runtime.dataset.digest import digest_data
from runtime.dataset.open import keras_cache
from runtime.dataset.pictures import is_left_out, split_of
from runtime.errors import DataError, PictureError
from runtime.image import Picture
from runtime.picture import ReducedPicture
from train.download import explain_failure
from train.quiet import import_keras

# So many pictures of all classes tell whether a data set is gray.
_GLANCED_AT = 32


@dataclass(frozen=True)
class TrainingData:
    """What is learnt from, what chooses the best weights, and what they are judged by.

    The targets of all three index `labels`; `name` is the data's, without the folders that it lies in.
    """

    name: str
    labels: tuple[str, ...]
    train: DataSet
    validation: DataSet
    test: DataSet

    def counts(self) -> str:
        """How many pictures each split has, in words."""
        return ", ".join(f"{len(data):,} {data.split}" for data in (self.train, self.validation, self.test))

    def digest(self) -> str:
        """Tells other pictures from these, of what is learnt from and of what chooses the best weights."""
        return ", ".join(digest_data(data)[:16] for data in (self.train, self.validation))

    def are_gray(self) -> bool:
        """Whether all of some pictures that can be read are gray."""
        pictures = [picture for _, picture in self.train.sample(_GLANCED_AT).pictures(_ignore)]
        return bool(pictures) and all(map(_is_gray, pictures))


def open_training_data(spec: str, data_dir: Path | None) -> TrainingData:
    """Open all three splits of what `runtime.dataset.open_dataset` takes; named data sets may be downloaded.

    Raises DataError: no such data, no class names in one of the splits, fewer than two classes, a class without
    pictures, or none that can be read to validate or to test with, which a whole training would learn of at its end.
    """
    if spec in NAMED and data_dir is None and not _is_cached(spec):
        _download(spec)
    train, validation, test = (open_dataset(spec, split, data_dir) for split in SPLITS)
    _check_classes(train, spec)
    labels = train.labels
    for data in (validation, test):
        _check_labelled(data)
        _check_any_readable(data)
    return TrainingData(
        name=spec if spec in NAMED else Path(spec).resolve().name,
        labels=labels,
        train=train,
        validation=replace(validation, labels=labels, targets=validation.targets_in(labels)),
        test=replace(test, labels=labels, targets=test.targets_in(labels)),
    )


def check_every_class(targets: np.ndarray, labels: tuple[str, ...], name: str) -> None:
    """Raises DataError when a class has no picture to learn from."""
    empty = [label for number, label in enumerate(labels) if not (targets == number).any()]
    if empty:
        raise DataError(
            f"{name}: {len(empty)} of {len(labels)} classes have no training pictures ({', '.join(empty[:3])}); "
            "add some, or remove the class"
        )


def _check_labelled(data: DataSet) -> None:
    """Raises DataError where a split has pictures without class folders, as in what competitions give out."""
    if not data.is_labelled:
        folder = data.where(0).partition("/")[0]
        raise DataError(
            f"{data.name}: its {data.split} pictures ({data.where(0)}) have no class names; put them into class "
            f"folders, as those of train, or move {folder}/ away (a part of train is then taken)"
        )


def _check_any_readable(data: DataSet) -> None:
    """Raises DataError when no picture can be read."""
    if not any(True for _ in data.pictures(_ignore)):
        raise DataError(f"{data.name}: none of its {len(data)} {data.split} pictures can be read")


def _check_classes(train: DataSet, spec: str) -> None:
    if not train.is_labelled or not train.labels:
        raise DataError(
            f"{spec}: its pictures have no class names; put those of each class into a folder of its name, "
            "or add a labels.csv with the columns file and label"
        )
    if len(train.labels) < 2:
        raise DataError(f"{spec}: has one class only ({train.labels[0]}); a classifier needs 2 or more, a folder each")
    if Path(spec).is_dir():
        _check_no_empty_folder(Path(spec), train.labels)
    check_every_class(train.targets, train.labels, spec)


def _check_no_empty_folder(folder: Path, labels: tuple[str, ...]) -> None:
    """A folder beside the classes' that is no class has no pictures: most likely a forgotten class."""
    for parent in (folder, *(child for child in folder.iterdir() if child.is_dir())):
        children = [child for child in parent.iterdir() if child.is_dir() and not is_left_out(child.name)]
        # A split's folder may have the name of a class (train/train/, train/bus/).
        names = {composed(child.name) for child in children if not split_of(f"{child.name}/")}
        empty = sorted(names - set(labels)) if names & set(labels) else []
        if empty:
            raise DataError(f"{parent / empty[0]}: has no pictures; add some, or remove the folder")


def _is_cached(name: str) -> bool:
    return any((keras_cache() / candidate).exists() for candidate in NAMED[name][1])


def _download(name: str) -> None:
    """To the Keras cache, by Keras."""
    datasets = import_keras().datasets
    try:
        with redirect_stdout(sys.stderr):
            getattr(datasets, name).load_data()
    except Exception as error:  # Keras raises bare Exceptions
        raise DataError(
            f"{name}: is not in {keras_cache()} and cannot be downloaded ({explain_failure(error)[1]}); "
            f"put {' or '.join(NAMED[name][1])} there, or name the folder that has it with --data-dir"
        ) from None


def _is_gray(picture: Picture) -> bool:
    if isinstance(picture, np.ndarray):
        return picture.ndim == 2 or picture.shape[2] == 1
    image = picture.image if isinstance(picture, ReducedPicture) else picture
    return image.mode == "L"


def _ignore(error: PictureError) -> None:
    """It is named when the pictures are read to learn from."""
