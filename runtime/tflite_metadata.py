"""TFLite Metadata: how MediaPipe Tasks and Android learn a TFLite file's labels and normalisation.

It is a buffer of the network's own tables, named TFLITE_METADATA, which names label files; these are entries
of a zip appended to the file: https://ai.google.dev/edge/litert/models/metadata. The numbers below are
places in https://github.com/google-ai-edge/mediapipe/blob/master/mediapipe/tasks/metadata/metadata_schema.fbs
"""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

from runtime.card_file import read_zip_entry
from runtime.errors import ModelError
from runtime.flat_table import Table

BUFFER_NAME = "TFLITE_METADATA"

# Model, Metadata and Buffer of the TFLite schema
_MODEL_BUFFERS, _MODEL_METADATA = 4, 6
_ENTRY_NAME, _ENTRY_BUFFER, _BUFFER_DATA = 0, 1, 0
# ModelMetadata
NAME, SUBGRAPHS, LICENCE, PARSER = 0, 3, 5, 7
# SubGraphMetadata
INPUTS, OUTPUTS = 2, 3
# TensorMetadata
TENSOR_NAME, DESCRIPTION, CONTENT, PROCESS_UNITS, FILES = 0, 1, 3, 4, 6
# Content, and what it is a union of
CONTENT_TYPE, CONTENT_VALUE, FEATURE, IMAGE = 0, 1, 1, 2
# ImageProperties
COLOUR_SPACE, RGB, GRAY = 0, 1, 2
# ProcessUnit and NormalizationOptions
OPTIONS_TYPE, OPTIONS, NORMALISATION, MEAN, STD = 0, 1, 1, 0, 1
# AssociatedFile
FILE_NAME, FILE_TYPE, LOCALE, AXIS_LABELS = 0, 2, 3, 2
# Of several label files that of names; TF Hub's birds, food and plants have one of a knowledge graph's numbers, too.
_ENGLISH = "en"


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


def read_metadata(path: Path) -> TfliteMetadata | None:
    """The metadata in a TFLite file, or None where it has none. Raises ModelError where it is damaged."""
    try:
        buffer = _find_buffer(Table.root(path.read_bytes()))
        return None if buffer is None else _read(path, Table.root(buffer))
    except (struct.error, LookupError, ValueError, OSError, zipfile.BadZipFile, ModelError) as error:
        raise ModelError(f"{path}: its TFLite Metadata cannot be read ({error}); copy the file again") from None


def _find_buffer(model: Table) -> bytes | None:
    for entry in model.tables(_MODEL_METADATA):
        if entry.text(_ENTRY_NAME) == BUFFER_NAME:
            return model.tables(_MODEL_BUFFERS)[entry.number(_ENTRY_BUFFER, "<I")].data(_BUFFER_DATA)
    return None


def _read(path: Path, root: Table) -> TfliteMetadata:
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    for network in root.tables(SUBGRAPHS)[:1]:
        for picture in network.tables(INPUTS)[:1]:
            mean, std = _read_normalisation(picture)
        for scores in network.tables(OUTPUTS)[:1]:
            labels = _read_labels(path, scores)
    return TfliteMetadata(root.text(NAME), root.text(LICENCE), labels, mean, std)


def _read_normalisation(picture: Table) -> tuple[tuple[float, ...], tuple[float, ...]]:
    for unit in picture.tables(PROCESS_UNITS):
        options = unit.table(OPTIONS)
        if unit.number(OPTIONS_TYPE, "<B") == NORMALISATION and options is not None:
            return options.floats(MEAN), options.floats(STD)
    return (), ()


def _read_labels(path: Path, scores: Table) -> tuple[str, ...]:
    files = [file for file in scores.tables(FILES) if file.number(FILE_TYPE, "<b") == AXIS_LABELS]
    if not files or not zipfile.is_zipfile(path):
        return ()
    name = min(files, key=lambda file: file.text(LOCALE) != _ENGLISH).text(FILE_NAME)
    text = read_zip_entry(path, name)
    if text is None:
        raise ModelError(f"it names the label file {name[:100]!r}, which is not there")
    return tuple(line.strip() for line in text.decode("utf-8-sig").strip().splitlines())
