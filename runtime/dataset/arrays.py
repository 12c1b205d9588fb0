"""Data sets that lie in memory as arrays: .npz in the Keras layout, idx files (MNIST's), CIFAR-10's batches."""

from __future__ import annotations

import gzip
import pickle
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from runtime.dataset.dataset import DataSet
from runtime.errors import DataError

_IDX_STEMS = {"train": "train", "test": "t10k"}


@dataclass(frozen=True)
class Arrays:
    """For each split uint8 pictures (count x height x width [x 3]) and their classes (count)."""

    labels: tuple[str, ...]
    splits: dict[str, tuple[np.ndarray, np.ndarray]]

    def has(self, split: str) -> bool:
        return split in self.splits

    def dataset(self, name: str, split: str) -> DataSet:
        if split not in self.splits:
            raise DataError(f"{name}: has no {split} pictures")
        pictures, targets = self.splits[split]
        return DataSet(name, split, self.labels, targets, lambda number: pictures[number])


def read_npz(path: Path, labels: tuple[str, ...]) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as file:
            splits = {
                split: (file[f"x_{split}"], file[f"y_{split}"])
                for split in ("train", "validation", "test")
                if f"x_{split}" in file
            }
            if "labels" in file:
                labels = tuple(str(label) for label in file["labels"])
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
    ) as error:
        raise DataError(
            f"{path}: is no .npz of pictures ({error}); expected x_train, y_train, x_test, y_test"
        ) from None
    if "train" not in splits:
        raise DataError(f"{path}: has no x_train and y_train; expected the Keras layout (x_train, y_train, ...)")
    return _checked(path, labels, splits)


def read_idx_folder(path: Path, labels: tuple[str, ...]) -> Arrays:
    splits = {}
    for split, stem in _IDX_STEMS.items():
        pictures = _find(path, f"{stem}-images-idx3-ubyte")
        if pictures is not None:
            targets = _find(path, f"{stem}-labels-idx1-ubyte")
            if targets is None:
                raise DataError(f"{path}: has {pictures.name} but not {stem}-labels-idx1-ubyte[.gz] beside it")
            splits[split] = (_read_idx(pictures), _read_idx(targets))
    if "train" not in splits:
        raise DataError(f"{path}: has no train-images-idx3-ubyte[.gz]; copy all four idx files there")
    return _checked(path, labels, splits)


def read_cifar10(path: Path, labels: tuple[str, ...]) -> Arrays:
    batches = [_read_batch(path / f"data_batch_{number}") for number in range(1, 6)]
    train = (np.concatenate([x for x, _ in batches]), np.concatenate([y for _, y in batches]))
    return _checked(path, labels, {"train": train, "test": _read_batch(path / "test_batch")})


def _checked(path: Path, labels: tuple[str, ...], splits: dict[str, tuple[np.ndarray, np.ndarray]]) -> Arrays:
    checked = {}
    for split, (pictures, classes) in splits.items():
        targets = _class_numbers(path, split, classes)
        shape = pictures.shape
        if pictures.dtype != np.uint8 or not _are_pictures(shape) or len(pictures) != len(targets):
            raise DataError(
                f"{path}: {split} has {pictures.dtype} pictures of shape {shape} and classes of shape {classes.shape}; "
                "expected uint8 (of 0..1: x * 255), count x height x width (x 3 for RGB), and a class number for each "
                "(of one-hot: y.argmax(1))"
            )
        checked[split] = (pictures, targets)
    return Arrays(_checked_labels(path, labels, checked), checked)


def _are_pictures(shape: tuple[int, ...]) -> bool:
    return (len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3))) and 0 not in shape[1:]


def _class_numbers(path: Path, split: str, classes: np.ndarray) -> np.ndarray:
    """int64, one a picture, 0 or above."""
    found = np.asarray(classes)
    whole = found.dtype.kind in "iub" or (found.dtype.kind == "f" and bool((found == np.trunc(found)).all()))
    targets = found.reshape(-1).astype(np.int64) if whole else np.empty(0, np.int64)
    if not whole or targets.min(initial=0) < 0:
        example = next((value for value in found.reshape(-1).tolist() if _is_no_class(value)), found.dtype)
        raise DataError(f"{path}: {split} has the class {example!r}; expected whole numbers from 0 on")
    return targets


def _is_no_class(value: object) -> bool:
    return not isinstance(value, (int, float)) or value < 0 or value % 1 != 0


def _checked_labels(
    path: Path, labels: tuple[str, ...], splits: dict[str, tuple[np.ndarray, np.ndarray]]
) -> tuple[str, ...]:
    """`labels`, or the classes' numbers where there are none."""
    top = max(int(targets.max(initial=0)) for _, targets in splits.values())
    count = sum(len(targets) for _, targets in splits.values())
    if labels and top >= len(labels):
        raise DataError(f"{path}: has class {top}, but only {len(labels)} labels")
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise DataError(f"{path}: has the label {twice!r} more than once; name each class differently")
    if not labels and top >= max(count, 2):
        raise DataError(f"{path}: has class {top}, but only {count} pictures; number the classes from 0 on")
    return labels or tuple(str(number) for number in range(top + 1))


def _find(folder: Path, stem: str) -> Path | None:
    return next((folder / name for name in (stem, f"{stem}.gz") if (folder / name).exists()), None)


def _read_idx(path: Path) -> np.ndarray:
    """The idx format of http://yann.lecun.com/exdb/mnist: 2 zero bytes, type 8 (uint8), rank, big-endian sizes."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error}); copy it again") from None
    rank = content[3] if content[:3] == b"\0\0\x08" and len(content) > 3 else 0
    shape = np.frombuffer(content[4 : 4 + 4 * rank], ">i4").tolist()
    if not rank or len(content) != 4 + 4 * rank + int(np.prod(shape)):
        raise DataError(f"{path}: is no idx file of uint8 values, or is truncated; copy it again")
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * rank)
    return np.reshape(values, shape)


class _ArraysOnly(pickle.Unpickler):
    """CIFAR-10's batches are pickles; only numpy arrays and plain values are let through, never code."""

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("numpy") and name in ("_reconstruct", "ndarray", "dtype"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it names {module}.{name}")


def _read_batch(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        with path.open("rb") as file:
            batch = _ArraysOnly(file, encoding="bytes").load()
        pictures = np.asarray(batch[b"data"], np.uint8).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        return pictures, np.asarray(batch[b"labels"])
    except (OSError, pickle.UnpicklingError, KeyError, ValueError, EOFError, TypeError) as error:
        raise DataError(f"{path}: is no CIFAR-10 batch ({error}); download it again") from None
