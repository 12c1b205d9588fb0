"""The `.keras` file to convert, checked before anything heavy is imported and without running anything in it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime.card import ModelCard
from runtime.card_file import check_model_path, read_card
from runtime.errors import ConversionError
from runtime.whole_file import file_sha256

_CONFIG_ENTRY = "config.json"
_MAX_CONFIG_BYTES = 64 * 1024 * 1024
# What the policy of a layer tells that Keras has rounded, to whatever numbers.
_ROUNDED = {"mode", "source_name"}
NORMALISING = ("Rescaling", "Normalization")
# In the modules of Keras 2, as TensorFlow had it until 2.15, and of no later one.
_KERAS_2 = ".engine."
_NOT_STRUCTURE = ("compile_config", "build_config")


@dataclass(frozen=True)
class KerasFile:
    """A `.keras` file of built-in layers with a card. sha256: of the whole file, in hexadecimal."""

    path: Path
    card: ModelCard
    sha256: str


def read_keras_file(path: Path) -> KerasFile:
    """Check a `.keras` file. Raises ModelError or ConversionError where it cannot be converted."""
    require_keras(path)
    card = read_card(path)
    if card is None:
        raise ConversionError(
            f"{path}: has no model card, so its labels and the fit of its pictures are unknown; "
            f"adopt it: python -m convert adopt {path} --labels labels.txt"
        )
    check_layers(path)
    return KerasFile(path, card, file_sha256(path))


def require_keras(path: Path) -> None:
    """Raise ModelError or ConversionError unless a path is that of a `.keras` file."""
    check_model_path(path)
    if path.suffix != ".keras" or not zipfile.is_zipfile(path):
        as_it_is = f"; a {path.suffix} is not converted again, but runs as it is: python -m convert adopt {path}"
        raise ConversionError(
            f"{path}: is no Keras file; expected what model.save('name.keras') or python -m train writes"
            f"{'' if path.suffix == '.keras' else as_it_is}"
        )


def _read_config(path: Path) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo(_CONFIG_ENTRY).file_size
            if size > _MAX_CONFIG_BYTES:
                raise ConversionError(
                    f"{path}: {_CONFIG_ENTRY} claims {size} bytes, at most {_MAX_CONFIG_BYTES} are read"
                )
            return json.loads(archive.read(_CONFIG_ENTRY))
    except (KeyError, ValueError, OSError, zipfile.BadZipFile, RecursionError) as error:
        raise ConversionError(f"{path}: is damaged ({_CONFIG_ENTRY}: {error}); save or copy it again") from None


def check_layers(path: Path) -> None:
    """Raise ConversionError where a layer is a Lambda, which holds code, or a custom one, which needs code: neither is
    run from a file, and no format has them. Nor has any the products of layers that Keras itself has rounded."""
    for part in _parts(_read_config(path)):
        kind, inner = part["class_name"], part.get("config")
        name = inner.get("name", kind) if isinstance(inner, dict) else inner
        if kind == "Lambda":
            raise ConversionError(
                f"{path}: layer {name} is a Lambda, which holds Python code that is never run from a file; "
                "build it of Keras layers and save again"
            )
        if isinstance(inner, dict) and inner.keys() >= _ROUNDED:
            raise ConversionError(
                f"{path}: has layers that Keras has rounded to {inner['mode']}, expected float ones, which are rounded "
                "here (--recipe int8); save it as it was before its quantize()"
            )
        if _KERAS_2 in str(part["module"]):
            raise ConversionError(
                f"{path}: was saved by Keras 2, expected Keras 3; where it was made, make a .tflite of it "
                "(tf.lite.TFLiteConverter.from_keras_model), and adopt that: python -m convert adopt MODEL.tflite"
            )
        if str(part["module"]).partition(".")[0] != "keras":
            raise ConversionError(
                f"{path}: {name} is a custom {kind}, expected layers of Keras itself; build it of those and save again"
            )


def list_normalising(path: Path) -> tuple[str, ...]:
    """The kinds of layers in a checked `.keras` file by which a network scales its pictures itself; () for none."""
    kinds = {part["class_name"] for part in _parts(_read_config(path))}
    return tuple(kind for kind in NORMALISING if kind in kinds)


def _parts(config: Any) -> Iterator[dict[str, Any]]:
    """Every serialized object inside a Keras configuration; how it was trained (losses, metrics) does not matter."""
    pending = [config]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            if "class_name" in part and "module" in part:
                yield part
            pending += [value for key, value in part.items() if key not in _NOT_STRUCTURE]
        elif isinstance(part, list):
            pending += part
