"""The names of the 1000 ImageNet classes, as Keras has them."""

from __future__ import annotations

import json
from pathlib import Path

import keras

from runtime.errors import DataError
from train.download import downloading_weights

CLASS_INDEX = "imagenet_class_index.json"
# As keras.applications.imagenet_utils.decode_predictions has them.
_URL = f"https://storage.googleapis.com/download.tensorflow.org/data/{CLASS_INDEX}"
_MD5 = "c2c37ea517e94d9795004a39431a14cb"
# Two of its names stand for two classes each.
_DISTINCT = {134: "crane (bird)", 517: "crane (machine)", 639: "maillot (tank suit)"}


def read_labels(data_dir: Path | None) -> tuple[str, ...]:
    """1000 different names, with spaces, in the order of the networks' outputs.

    They are in Keras' file imagenet_class_index.json in `data_dir`, or in the Keras cache (downloaded to there).
    Raises DataError or TrainingError where it is missing.
    """
    path = _find_class_index(data_dir)
    try:
        names = {int(number): name for number, (_, name) in json.loads(path.read_text("utf-8")).items()}
        labels = [names[number] for number in range(1000)]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise DataError(f"{path}: is not Keras' class index ({error}); download it again from {_URL}") from None
    return tuple(_DISTINCT.get(number, name.replace("_", " ")) for number, name in enumerate(labels))


def _find_class_index(data_dir: Path | None) -> Path:
    if data_dir is None:
        with downloading_weights(CLASS_INDEX):
            return Path(keras.utils.get_file(CLASS_INDEX, _URL, cache_subdir="models", file_hash=_MD5))
    if not (data_dir / CLASS_INDEX).is_file():
        raise DataError(f"{data_dir}: has no {CLASS_INDEX}; put it there, it is at {_URL}")
    return data_dir / CLASS_INDEX
