"""Pictures in the form of MLPerf Tiny: raw `.bin` files and `y_labels.csv`.

https://github.com/mlcommons/tiny/tree/master/benchmark/evaluation/datasets: each row has a file's name, the number of
classes and the file's class; a file is uint8, height x width x 3, RGB, and square (32 for image classification, 96 for
visual wake words).
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from runtime.dataset import DataSet
from runtime.errors import DataError, PictureError

_TABLE = "y_labels.csv"


def is_tiny_data(spec: str) -> bool:
    """Whether it is a folder in this form."""
    return (Path(spec) / _TABLE).is_file()


def open_tiny_data(spec: str, split: str) -> DataSet:
    """All pictures of the folder; its only split is called as asked for. Raises DataError."""
    folder = Path(spec)
    try:
        with (folder / _TABLE).open(encoding="utf-8-sig", newline="") as file:
            rows = [(row[0].strip(), int(row[2])) for row in csv.reader(file) if row]
    except (OSError, IndexError, ValueError) as error:
        raise DataError(
            f"{folder / _TABLE}: expected rows of file, number of classes, class ({type(error).__name__}: {error})"
        ) from None
    files = [folder / name for name, _ in rows]
    return DataSet(spec, split, (), np.asarray([target for _, target in rows], np.int64), lambda at: _read(files[at]))


def _read(file: Path) -> np.ndarray:
    try:
        values = np.fromfile(file, np.uint8)
    except OSError as error:
        raise PictureError(f"{file}: cannot be read ({error.strerror})") from None
    side = math.isqrt(len(values) // 3)
    if side == 0 or side * side * 3 != len(values):
        raise PictureError(
            f"{file}: has {len(values)} bytes; expected a square of RGB bytes (32 x 32 x 3, 96 x 96 x 3)"
        )
    return values.reshape(side, side, 3)
