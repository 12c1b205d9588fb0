"""From what a user names as data to a DataSet."""

from __future__ import annotations

import os
from pathlib import Path

from runtime.dataset.archives import open_tar, open_zip
from runtime.dataset.arrays import Arrays, read_cifar10, read_idx_folder, read_npz
from runtime.dataset.dataset import SPLITS, DataSet, split_stratified
from runtime.dataset.pictures import PictureTree, open_folder
from runtime.errors import DataError

_DIGITS = tuple("0123456789")
_FASHION = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
_CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

_CIFAR10_OF_KERAS = "cifar-10-batches-py-target/cifar-10-batches-py"

_TARS = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")

# name: class names, and where it may lie below the data folder or the Keras cache
NAMED = {
    "mnist": (_DIGITS, ("mnist.npz",)),
    "fashion_mnist": (_FASHION, ("fashion_mnist.npz", "fashion-mnist", "fashion_mnist")),
    "cifar10": (_CIFAR10, ("cifar10.npz", "cifar-10-batches-py", _CIFAR10_OF_KERAS, "cifar10_jpeg.tar.gz")),
}


def open_dataset(spec: str | Path, split: str, data_dir: str | Path | None = None) -> DataSet:
    """The pictures of one split: `train`, `validation` or `test`, or `all` of data that has no splits of its own.

    A split that the data lacks is a tenth of each class of train, the same pictures every time. `spec` is
    what the package's docstring lists; `data_dir` is where a named data set lies (default: the Keras cache).

    Raises DataError: no such data, no pictures in it, or a layout that is not understood.
    """
    if split not in (*SPLITS, "all"):
        raise DataError(f"split {split!r}: expected one of {', '.join(SPLITS)}, all")
    name = str(spec)
    if not name:
        raise DataError(f"the data has no name; give a folder, a tar or zip, an .npz, or one of {', '.join(NAMED)}")
    path, labels = (_find_named(name, data_dir), NAMED[name][0]) if name in NAMED else (Path(spec), ())
    source = _open_source(path, labels)
    present = [part for part in SPLITS if source.has(part)]
    if split == "all":
        if present:
            raise DataError(f"{name}: has splits of its own ({', '.join(present)}); name one of them")
        return source.dataset(name, "all")
    data = source.dataset(name, split if split in present else "train")
    missing = [part for part in ("validation", "test") if part not in present]
    chosen = split_stratified(data, split, missing) if data.split == "train" and missing else data
    if not len(chosen):
        raise DataError(f"{name}: no pictures for the {split} split; give more than 2 a class, or a {split}/ folder")
    return chosen


def keras_cache() -> Path:
    """Where Keras keeps the data sets that it has downloaded."""
    return Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "datasets"


def _find_named(name: str, data_dir: str | Path | None) -> Path:
    folder = Path(data_dir) if data_dir else keras_cache()
    for candidate in NAMED[name][1]:
        if (folder / candidate).exists():
            return folder / candidate
    raise DataError(
        f"{name}: none of {', '.join(NAMED[name][1])} in {folder}; name the folder that has it with --data-dir, "
        f"or download it: python -m train {name} --model deep_cnn --out {name}.keras"
    )


def _open_source(path: Path, labels: tuple[str, ...]) -> Arrays | PictureTree:
    if not path.exists():
        raise DataError(f"{path}: no such file or folder, and none of the named data sets ({', '.join(NAMED)})")
    if path.suffix == ".npz":
        return read_npz(path, labels)
    if path.name.lower().endswith(_TARS):
        return open_tar(path)
    if path.suffix.lower() == ".zip":
        return open_zip(path)
    if not path.is_dir():
        raise DataError(
            f"{path}: expected a folder of pictures, one packed as {', '.join(_TARS)}, .zip, or an .npz; unpack others"
        )
    if any(path.glob("*-images-idx3-ubyte*")):
        return read_idx_folder(path, labels)
    if (path / "data_batch_1").exists():
        return read_cifar10(path, labels)
    return open_folder(path)
