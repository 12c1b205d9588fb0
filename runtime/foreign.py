"""What the file of a model from elsewhere tells of itself, so that nobody has to.

In TFLite Metadata (MediaPipe, TF Hub, Android), or as Ultralytics exports its classifiers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from runtime.backends import TensorInfo, keep_bytes, takes_bytes
from runtime.card import Normalisation
from runtime.card_file import read_onnx_pair, read_zip_entry
from runtime.errors import ModelError
from runtime.labels import parse_literal, read_literal
from runtime.printable import printable
from runtime.tflite_metadata import read_metadata

# https://github.com/ultralytics/ultralytics/blob/main/ultralytics/engine/exporter.py: in an .onnx a pair for each key,
# in the zip behind a .tflite all in one entry, until 2025 as a dict of Python in place of TFLite Metadata's labels. Its
# classifiers take 0..1, of the whole centre square.
_ULTRALYTICS, _ENTRY, _TASK = "Ultralytics", "metadata.json", "classify"
_KEYS = ("author", "task", "names", "license")
_UNIT = Normalisation(std=(255.0,))


@dataclass(frozen=True)
class Told:
    """source: where it stands, in words; empty where the file tells nothing. So is each of the others.

    normalisation: of the values that a float network takes.
    """

    source: str = ""
    name: str = ""
    licence: str = ""
    labels: tuple[str, ...] = ()
    normalisation: Normalisation | None = None

    def normalisation_for(self, tensor: TensorInfo) -> Normalisation | None:
        """What a picture's bytes are to become for this input; None where the file does not tell."""
        # MediaPipe gives bytes as they are to any uint8 input, whatever the metadata tells.
        if takes_bytes(tensor) or (self.source and tensor.dtype == np.uint8):
            return keep_bytes(tensor)
        return self.normalisation


def read_told(path: Path) -> Told:
    """Of a `.tflite` or `.onnx`. Raises ModelError where what it tells is damaged, or that it is no classifier."""
    try:
        return _read(path)
    except ModelError:
        raise
    # What zipfile raises for damage: BadZipFile, zlib.error, EOFError and more.
    except Exception as error:
        reason = printable(str(error))[:200] or type(error).__name__
        raise ModelError(
            f"{path}: what it tells of itself cannot be read ({reason}); copy it again, or give --labels, and --mean "
            "and --std or --scale"
        ) from None


def _read(path: Path) -> Told:
    if path.suffix == ".onnx":
        return _read_ultralytics(path, {key: read_onnx_pair(path, key) for key in _KEYS})
    metadata = read_metadata(path)
    if metadata is not None:
        found = parse_literal(metadata.labels[0]) if len(metadata.labels) == 1 else None
        if isinstance(found, dict):
            return _read_ultralytics(path, found)
        normalisation = Normalisation(metadata.mean, metadata.std) if metadata.mean and metadata.std else None
        return Told("TFLite Metadata", metadata.name, metadata.licence, metadata.labels, normalisation)
    return _read_ultralytics(path, _read_json(read_zip_entry(path, _ENTRY)))


def _read_json(entry: bytes | None) -> dict[str, Any]:
    """Empty for what is none."""
    try:
        found = json.loads(entry or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _read_ultralytics(path: Path, found: dict[str, Any]) -> Told:
    author, task, names, licence = (_text(found.get(key)) for key in _KEYS)
    if author != _ULTRALYTICS or not names:
        return Told()
    if task != _TASK:
        raise ModelError(f"{path}: is a network of the task {task!r}, by its metadata; expected a classifier ({_TASK})")
    labels = read_literal(names, f"{path}: the names in its metadata")
    return Told("metadata of Ultralytics", licence=licence, labels=labels, normalisation=_UNIT)


def _text(value: Any) -> str:
    """In an .onnx everything is text in bytes, in JSON it has a type."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else json.dumps(value)
