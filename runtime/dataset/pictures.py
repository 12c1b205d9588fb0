"""Data sets that lie as picture files, in a folder or an archive: the classes are the folders' names."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from runtime.dataset.dataset import SPLITS, UNKNOWN, DataSet, composed
from runtime.errors import DataError
from runtime.folders import list_files, natural_order
from runtime.picture import PICTURE_SUFFIXES, open_picture
from runtime.printable import printable

LABELS_FILE = "labels.csv"
# What people call the folders of the splits, whether in capitals or not.
_SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "train_set": "train",
    "training_set": "train",
    "validation": "validation",
    "validation_set": "validation",
    "val": "validation",
    "valid": "validation",
    "test": "test",
    "testing": "test",
    "test_set": "test",
}
# What macOS leaves in an archive beside the pictures.
_NO_CLASS = "__MACOSX"


@dataclass(frozen=True)
class PictureTree:
    """Names of picture files with `/` between folders, and what reads one (its path, or its bytes)."""

    name: str
    files: tuple[str, ...]
    fetch: Callable[[str], Path | bytes]

    def has(self, split: str) -> bool:
        return any(split_of(file) == split for file in self.files)

    def dataset(self, name: str, split: str) -> DataSet:
        in_splits = any(self.has(part) for part in SPLITS)
        files = [file for file in self.files if split_of(file) == split] if in_splits else list(self.files)
        if in_splits and not self.has(split):
            raise DataError(f"{name}: has no {split}/ folder, only {', '.join(p for p in SPLITS if self.has(p))}")
        inside = [file.partition("/")[2] if in_splits else file for file in files]
        if LABELS_FILE in inside:
            table = self.fetch(files[inside.index(LABELS_FILE)])
            return self._from_table(name, split, table, dict(zip(map(composed, inside), files)))
        pairs = [(file, path) for file, path in zip(files, inside) if _is_picture(path)]
        if not pairs:
            raise DataError(f"{name}: no pictures in it (looked for {', '.join(PICTURE_SUFFIXES)})")
        return self._from_folders(name, split, in_splits, pairs)

    def _from_folders(self, name: str, split: str, in_splits: bool, pairs: list[tuple[str, str]]) -> DataSet:
        loose = [file for file, path in pairs if "/" not in path]
        if len(loose) == len(pairs):
            return self._dataset(name, split, (), [UNKNOWN] * len(pairs), [file for file, _ in pairs])
        if loose:
            raise DataError(f"{name}: {loose[0]} lies beside the class folders; put it into one of them")
        classes = {composed(path.partition("/")[0]) for _, path in pairs}
        if in_splits:
            # A class that lacks pictures in one split keeps its number in all of them.
            classes |= {
                composed(file.split("/")[1]) for file in self.files if file.count("/") >= 2 and _is_picture(file)
            }
        labels = tuple(sorted(classes, key=natural_order))
        number = {label: index for index, label in enumerate(labels)}
        targets = [number[composed(path.partition("/")[0])] for _, path in pairs]
        return self._dataset(name, split, labels, targets, [file for file, _ in pairs])

    def _from_table(self, name: str, split: str, table: Path | bytes, files: dict[str, str]) -> DataSet:
        rows = _read_table(name, table)
        columns = set(rows[0]) if rows else set()
        if "file" not in columns or not columns & {"label", "class_index"}:
            raise DataError(
                f"{name}: {LABELS_FILE} needs the columns file and label or class_index, with commas between"
            )
        named = [composed(row["file"] or "") for row in rows]
        lost = [file for file in named if file not in files]
        if lost:
            raise DataError(f"{name}: {LABELS_FILE} names {len(lost)} files that are not there ({lost[0]}, ...)")
        chosen = [files[file] for file in named]
        if "class_index" in columns:
            return self._dataset(name, split, (), [_class_index(name, row["class_index"]) for row in rows], chosen)
        bare = [row["file"] for row in rows if not (row["label"] or "").strip()]
        if bare:
            raise DataError(f"{name}: {LABELS_FILE} has no label for {len(bare)} files ({bare[0]}, ...); add it")
        labels = tuple(sorted({row["label"] for row in rows}, key=natural_order))
        return self._dataset(name, split, labels, [labels.index(row["label"]) for row in rows], chosen)

    def _dataset(self, name: str, split: str, labels: tuple[str, ...], targets: list[int], files: list[str]) -> DataSet:
        return DataSet(
            name,
            split,
            labels,
            np.asarray(targets, dtype=np.int64),
            lambda number: open_picture(self.fetch(files[number]), f"{self.name}/{files[number]}"),
            lambda number: printable(files[number]),
        )


def _read_table(name: str, table: Path | bytes) -> list[dict[str, str]]:
    """The rows by column. Raises DataError for what no table is written in, as the bytes of Excel's plain CSV."""
    content = table if isinstance(table, bytes) else table.read_bytes()
    try:
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{name}: {LABELS_FILE} cannot be read ({error}); save it as CSV in UTF-8") from None


def _class_index(name: str, text: str | None) -> int:
    """None: a row that ends before it. The most is what an int32 holds, and more than any network tells apart."""
    if not text or not text.strip().isdecimal() or int(text) >= 2**31:
        raise DataError(f"{name}: {LABELS_FILE} has the class_index {text!r}; expected whole numbers from 0 on")
    return int(text)


def open_folder(path: Path) -> PictureTree:
    return make_tree(path, [file for file in list_files(path) if is_wanted(file)], lambda file: path / file)


def make_tree(path: Path, files: list[str], fetch: Callable[[str], Path | bytes]) -> PictureTree:
    """Of the wanted files of a folder or archive, in their order, by their names in it.

    Raises DataError where folders of splits lie beside others, whose pictures would be of every split or of none.
    """
    prefix = _common_folder(files)
    inside = tuple(file[len(prefix) :] for file in files)
    _check_beside_splits(path, inside)
    return PictureTree(str(path), inside, lambda file: fetch(prefix + file))


def _check_beside_splits(path: Path, files: tuple[str, ...]) -> None:
    """Raises DataError: see make_tree. A class may be called `train`, and training's classes may lie beside `test/`."""
    in_folders = [file for file in files if "/" in file and _is_picture(file)]
    splits = list(dict.fromkeys(file.partition("/")[0] for file in files if split_of(file)))
    other = next((file.partition("/")[0] for file in in_folders if not split_of(file)), None)
    if other is None or not splits:
        return
    beside = " and ".join(f"{folder}/" for folder in splits)
    if any(split_of(file) == "train" and (file.count("/") > 1 or _is_table(file)) for file in files):
        raise DataError(
            f"{path}: has pictures in {other}/ beside its splits {beside}; "
            f"rename {other}/ to train, validation or test, or move it out"
        )
    raise DataError(
        f"{path}: has pictures in {other}/ beside {beside}, which is what splits are called; "
        f"put the folders of all classes to learn into a folder train/, or move {other}/ out"
    )


def _common_folder(names: list[str]) -> str:
    """The folders that all files lie in (`flowers/`, `data/flowers/`), without those of splits and classes."""
    folders = {name.partition("/")[0] for name in names}
    folder = f"{next(iter(folders), '')}/"
    inside = [name[len(folder) :] for name in names]
    if (
        len(folders) == 1
        and split_of(folder) is None
        and (LABELS_FILE in inside or all("/" in file for file in inside))
    ):
        return folder + _common_folder(inside)
    return ""


def is_left_out(name: str) -> bool:
    """Whether a file or folder of that name is hidden, or none of who made the data."""
    return name.startswith(".") or name == _NO_CLASS


def split_of(file: str) -> str | None:
    """The split whose folder a file within the data lies in."""
    folder, slash, _ = file.partition("/")
    return _SPLIT_FOLDERS.get(folder.casefold().replace("-", "_").replace(" ", "_")) if slash else None


def _is_picture(file: str) -> bool:
    return file.lower().endswith(PICTURE_SUFFIXES)


def _is_table(file: str) -> bool:
    return PurePosixPath(file).name == LABELS_FILE


def is_wanted(file: str) -> bool:
    """Whether a file of that name within the data is a picture, or the table of labels."""
    return (_is_picture(file) or _is_table(file)) and not any(map(is_left_out, PurePosixPath(file).parts))
