"""TFLite Metadata: how MediaPipe Tasks and Android learn a TFLite file's labels and normalisation.

It is a buffer of the network's own tables, named TFLITE_METADATA, which names label files; these are entries
of a zip appended to the file: https://ai.google.dev/edge/litert/models/metadata. The numbers below are
places in https://github.com/google-ai-edge/mediapipe/blob/master/mediapipe/tasks/metadata/metadata_schema.fbs
"""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from flatbuffers import number_types

from convert.flat_table import NewTable, ReadTable, write_table
from runtime.card import ModelCard
from runtime.errors import ModelError

BUFFER_NAME = "TFLITE_METADATA"
LABELS_ENTRY = "labels.txt"
_IDENTIFIER = b"M001"
_MIN_PARSER_VERSION = "1.0.0"
_MAX_LABEL_BYTES = 16 * 1024 * 1024

# Model, Metadata and Buffer of the TFLite schema
_MODEL_BUFFERS, _MODEL_METADATA = 4, 6
_ENTRY_NAME, _ENTRY_BUFFER, _BUFFER_DATA = 0, 1, 0
# ModelMetadata
_NAME, _SUBGRAPHS, _LICENCE, _PARSER = 0, 3, 5, 7
# SubGraphMetadata
_INPUTS, _OUTPUTS = 2, 3
# TensorMetadata
_TENSOR_NAME, _DESCRIPTION, _CONTENT, _PROCESS_UNITS, _FILES = 0, 1, 3, 4, 6
# Content, and what it is a union of
_CONTENT_TYPE, _CONTENT_VALUE, _FEATURE, _IMAGE = 0, 1, 1, 2
# ImageProperties
_COLOUR_SPACE, _RGB, _GRAY = 0, 1, 2
# ProcessUnit and NormalizationOptions
_OPTIONS_TYPE, _OPTIONS, _NORMALISATION, _MEAN, _STD = 0, 1, 1, 0, 1
# AssociatedFile
_FILE_NAME, _FILE_TYPE, _AXIS_LABELS = 0, 2, 2


@dataclass(frozen=True)
class TfliteMetadata:
    """What a file's metadata says: its labels in the order of the outputs, and the mean and std of its input.

    Each is empty where it says nothing.
    """

    name: str = ""
    licence: str = ""
    labels: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()


def build_metadata(card: ModelCard, has_labels: bool) -> bytes:
    """The buffer that describes one picture of the card's normalisation, and one list of scores.

    has_labels: whether a label file names each score; else there is one score, the probability of the second class.
    """
    scores = _describe_scores() if has_labels else _describe_score(*card.labels)
    network = NewTable({_INPUTS: (_describe_picture(card),), _OUTPUTS: (scores,)})
    root = NewTable({_NAME: card.name, _SUBGRAPHS: (network,), _LICENCE: card.licence, _PARSER: _MIN_PARSER_VERSION})
    return write_table(root, _IDENTIFIER)


def _describe_picture(card: ModelCard) -> NewTable:
    colours = NewTable({_COLOUR_SPACE: _RGB if card.input.channels == 3 else _GRAY})
    mean, std = (np.asarray(values) for values in (card.normalisation.mean, card.normalisation.std))
    normalisation = NewTable({_OPTIONS_TYPE: _NORMALISATION, _OPTIONS: NewTable({_MEAN: mean, _STD: std})})
    content = NewTable({_CONTENT_TYPE: _IMAGE, _CONTENT_VALUE: colours})
    return NewTable({_TENSOR_NAME: "image", _CONTENT: content, _PROCESS_UNITS: (normalisation,)})


def _describe_scores() -> NewTable:
    labels = NewTable({_FILE_NAME: LABELS_ENTRY, _FILE_TYPE: _AXIS_LABELS})
    content = NewTable({_CONTENT_TYPE: _FEATURE, _CONTENT_VALUE: NewTable({})})
    return NewTable({_TENSOR_NAME: "probability", _CONTENT: content, _FILES: (labels,)})


def _describe_score(first: str, second: str) -> NewTable:
    content = NewTable({_CONTENT_TYPE: _FEATURE, _CONTENT_VALUE: NewTable({})})
    words = f"the probability of {second}; the rest is that of {first}"
    return NewTable({_TENSOR_NAME: "probability", _DESCRIPTION: words, _CONTENT: content})


def append_labels(content: bytes, labels: tuple[str, ...]) -> bytes:
    """A TFLite file with the label file that the metadata names, one label a line."""
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a") as archive:
        # Uncompressed, as Android reads it; the first day of the zip format keeps the bytes the same.
        archive.writestr(zipfile.ZipInfo(LABELS_ENTRY), "\n".join(labels))
    return file.getvalue()


def read_metadata(path: Path) -> TfliteMetadata | None:
    """The metadata in a TFLite file, or None where it has none. Raises ModelError where it is damaged."""
    try:
        content = path.read_bytes()
        buffer = _find_buffer(ReadTable.root(content))
        return None if buffer is None else _read(path, ReadTable.root(buffer))
    except (struct.error, IndexError, TypeError, ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: its TFLite Metadata cannot be read ({error}); copy the file again") from None


def _find_buffer(model: ReadTable) -> bytes | None:
    for entry in model.tables(_MODEL_METADATA):
        if entry.text(_ENTRY_NAME) == BUFFER_NAME:
            number = entry.integer(_ENTRY_BUFFER, number_types.Uint32Flags)
            return model.tables(_MODEL_BUFFERS)[number].content(_BUFFER_DATA)
    return None


def _read(path: Path, root: ReadTable) -> TfliteMetadata:
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    for network in root.tables(_SUBGRAPHS)[:1]:
        for picture in network.tables(_INPUTS)[:1]:
            mean, std = _read_normalisation(picture)
        for scores in network.tables(_OUTPUTS)[:1]:
            labels = _read_labels(path, scores)
    return TfliteMetadata(root.text(_NAME), root.text(_LICENCE), labels, mean, std)


def _read_normalisation(picture: ReadTable) -> tuple[tuple[float, ...], tuple[float, ...]]:
    for unit in picture.tables(_PROCESS_UNITS):
        options = unit.table(_OPTIONS)
        if unit.integer(_OPTIONS_TYPE) == _NORMALISATION and options is not None:
            return options.floats(_MEAN), options.floats(_STD)
    return (), ()


def _read_labels(path: Path, scores: ReadTable) -> tuple[str, ...]:
    for file in scores.tables(_FILES):
        if file.integer(_FILE_TYPE) == _AXIS_LABELS and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if archive.getinfo(file.text(_FILE_NAME)).file_size > _MAX_LABEL_BYTES:
                    raise ValueError(f"a label file of more than {_MAX_LABEL_BYTES} bytes")
                text = archive.read(file.text(_FILE_NAME)).decode("utf-8-sig")
            return tuple(line.strip() for line in text.strip().splitlines())
    return ()
