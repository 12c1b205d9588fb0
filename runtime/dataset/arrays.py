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
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error, EOFError) as error:
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
        targets = np.asarray(classes).reshape(-1).astype(np.int64)
        if pictures.dtype != np.uint8 or pictures.ndim not in (3, 4) or len(pictures) != len(targets):
            raise DataError(
                f"{path}: {split} has {pictures.dtype} pictures of shape {pictures.shape} and {len(targets)} classes; "
                "expected uint8, count x height x width (x 3), and as many classes"
            )
        checked[split] = (pictures, targets)
    top = max(int(targets.max(initial=0)) for _, targets in checked.values())
    if labels and top >= len(labels):
        raise DataError(f"{path}: has class {top}, but only {len(labels)} labels")
    return Arrays(labels or tuple(str(number) for number in range(top + 1)), checked)


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
