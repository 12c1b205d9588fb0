"""Reading and embedding the model card in `.keras`, `.tflite` and `.onnx` files.

A `.keras` is a zip and a `.tflite` tolerates a zip appended to it: the card is their entry `model.json`.
An `.onnx` is one protobuf message, ModelProto: the card is a pair in its field 14, `metadata_props`.
Fields of a protobuf message may come in any order, so a card is embedded by appending one; neither
reading nor embedding needs a library or loads the weights.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from reprlib import repr as shortened

from runtime.card import ModelCard
from runtime.errors import ModelError
from runtime.folders import what_is_at
from runtime.printable import printable
from runtime.protobuf import delimited, read_fields
from runtime.whole_file import write_whole

CARD_ENTRY = "model.json"
MAX_CARD_BYTES = 16 * 1024 * 1024
MODEL_SUFFIXES = (".keras", ".tflite", ".onnx")
_KERAS_REMEDY = (
    "; load it in Keras and save it as .keras (what Keras 2 made, as Teachable Machine: export a .tflite there)"
)
_TORCH_REMEDY = "; export it from PyTorch with torch.onnx.export, from Ultralytics with yolo export format=onnx"
_REMEDIES = {
    ".h5": _KERAS_REMEDY,
    ".hdf5": _KERAS_REMEDY,
    ".pb": "; make a .tflite of the SavedModel with tf.lite.TFLiteConverter.from_saved_model",
    "folder": "; make a .tflite of a SavedModel with tf.lite.TFLiteConverter.from_saved_model",
    ".pt": _TORCH_REMEDY,
    ".pth": _TORCH_REMEDY,
}
_MOST_SHRUNK = 100
# A pair of metadata has two fields.
_MOST_PAIR_FIELDS = 100

# ModelProto.metadata_props = 14, a StringStringEntryProto {key = 1, value = 2}, all length-delimited (type 2):
# https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
_METADATA_FIELD = 14


def read_card(path: str | Path) -> ModelCard | None:
    """The card in a model file, or None where it has none.

    Raises ModelError for a missing file, a file of another kind, or a card that is not valid.
    """
    path = check_model_path(path)
    try:
        text = read_onnx_pair(path, CARD_ENTRY) if path.suffix == ".onnx" else read_zip_entry(path, CARD_ENTRY)
    except ModelError:
        raise
    # What zipfile raises for damage: BadZipFile, zlib.error, EOFError, struct.error, UnicodeDecodeError and more.
    except Exception as error:
        reason = printable(str(error))[:200] or type(error).__name__
        raise ModelError(f"{path}: cannot be read ({reason}); make or copy the file again") from None
    if text is None:
        return None
    try:
        return ModelCard.from_json(text)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None


def embed_card(path: str | Path, card: ModelCard) -> None:
    """Put a card into a model file, in place of the one that it had. The file is replaced whole or not at all."""
    path = check_model_path(path)
    text = card.to_json().encode()
    if len(text) > MAX_CARD_BYTES:
        raise ModelError(f"{path}: the card has {len(text)} bytes, at most {MAX_CARD_BYTES} are allowed")
    embed = _embed_onnx if path.suffix == ".onnx" else _embed_zip
    write_whole(path, lambda new: embed(path, text, new))


def check_model_path(path: str | Path) -> Path:
    """The path of a model file that exists and has one of MODEL_SUFFIXES; ModelError otherwise."""
    path = Path(path)
    if path.suffix not in MODEL_SUFFIXES:
        remedy = _REMEDIES.get("folder" if what_is_at(path, ModelError) == "folder" else path.suffix, "")
        raise ModelError(f"{path}: expected a model file that ends in {', '.join(MODEL_SUFFIXES)}{remedy}")
    if what_is_at(path, ModelError) != "file":
        raise ModelError(f"{path}: no such file")
    return path


def read_zip_entry(path: Path, name: str) -> bytes | None:
    """An entry of the zip in or behind a model file; None where there is none. Raises what zipfile does for damage, and
    ModelError where it is of more than MAX_CARD_BYTES.
    """
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        if name not in archive.namelist():
            return None
        return _read_entry(archive, archive.getinfo(name), MAX_CARD_BYTES)


def _most_bytes(entry: zipfile.ZipInfo) -> int:
    """That an entry may claim: weights and label files shrink to a half or a tenth, a zip bomb to a thousandth."""
    return MAX_CARD_BYTES + _MOST_SHRUNK * entry.compress_size


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """Its content, which never takes more memory than it claims. Raises ModelError where that is more than `most`."""
    name = f"{archive.filename}: the entry {shortened(entry.filename)}"
    if entry.file_size > most:
        raise ModelError(f"{name} claims {entry.file_size:,} bytes, at most {most:,} are read")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ModelError(f"{name} is neither stored nor deflated; zip it again")
    with archive.open(entry) as file:
        # Without a number, it would be inflated whole first, and then cut to the size that it claims.
        return file.read(entry.file_size + 1)


def _embed_zip(path: Path, text: bytes, new: Path) -> None:
    """Copy the model and its zip's other entries (a `.keras`'s weights, TFLite Metadata's labels), then the card."""
    others: list[tuple[zipfile.ZipInfo, bytes]] = []
    head = path.stat().st_size
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            head = min([entry.header_offset for entry in entries], default=archive.start_dir)
            kept = [entry for entry in entries if entry.filename != CARD_ENTRY]
            others = [(entry, _read_entry(archive, entry, _most_bytes(entry))) for entry in kept]
    with path.open("rb") as source, new.open("wb") as target:
        target.write(source.read(head))
    with zipfile.ZipFile(new, "a") as archive:
        for entry, content in others:
            archive.writestr(entry, content)
        # The fixed date of the zip format's first day keeps the bytes the same on every run.
        # Not compressed: MediaPipe refuses a model whose zip has a compressed entry.
        archive.writestr(zipfile.ZipInfo(CARD_ENTRY), text, zipfile.ZIP_STORED)


def read_onnx_pair(path: Path, key: str) -> bytes | None:
    """The value of a key in an ONNX file's metadata; None where it has none of at most MAX_CARD_BYTES."""
    with path.open("rb") as file:
        for number, start, end in read_fields(file, str(path)):
            if number == _METADATA_FIELD and end - start <= MAX_CARD_BYTES + 64:
                file.seek(start)
                value = _value_of(key, file.read(end - start))
                if value is not None:
                    return value
    return None


def _embed_onnx(path: Path, text: bytes, new: Path) -> None:
    with path.open("rb") as source, new.open("wb") as target:
        kept_to = 0
        for number, start, end in read_fields(source, str(path)):
            source.seek(start)
            if number == _METADATA_FIELD and _value_of(CARD_ENTRY, source.read(end - start)) is not None:
                kept_to = end
                continue
            source.seek(kept_to)
            target.write(source.read(end - kept_to))
            kept_to = end
        entry = delimited(1, CARD_ENTRY.encode()) + delimited(2, text)
        target.write(delimited(_METADATA_FIELD, entry))


def _value_of(key: str, entry: bytes) -> bytes | None:
    """The value of a StringStringEntryProto of this key."""
    fields = {}
    for number, start, end in read_fields(io.BytesIO(entry), "metadata_props", _MOST_PAIR_FIELDS):
        fields[number] = entry[start:end]
    return fields.get(2, b"") if fields.get(1) == key.encode() else None
