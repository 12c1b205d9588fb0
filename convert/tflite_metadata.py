"""Writing TFLite Metadata, by which MediaPipe Tasks and Android learn labels and normalisation of a TFLite file.

Reading it, and what the numbers of its fields stand for: runtime/tflite_metadata.py.
"""

from __future__ import annotations

import io
import zipfile

import numpy as np

from convert.flat_table import NewTable, write_table
from runtime import tflite_metadata as fields
from runtime.card import ModelCard

LABELS_ENTRY = "labels.txt"
_IDENTIFIER = b"M001"
_MIN_PARSER_VERSION = "1.0.0"


def build_metadata(card: ModelCard, has_labels: bool) -> bytes:
    """The buffer that describes one picture of the card's normalisation, and one list of scores.

    has_labels: whether a label file names each score; else there is one score, the probability of the second class.
    """
    scores = _describe_scores() if has_labels else _describe_score(*card.labels)
    network = NewTable({fields.INPUTS: (_describe_picture(card),), fields.OUTPUTS: (scores,)})
    root = NewTable(
        {
            fields.NAME: card.name,
            fields.SUBGRAPHS: (network,),
            fields.LICENCE: card.licence,
            fields.PARSER: _MIN_PARSER_VERSION,
        }
    )
    return write_table(root, _IDENTIFIER)


def _describe_picture(card: ModelCard) -> NewTable:
    colours = NewTable({fields.COLOUR_SPACE: fields.RGB if card.input.channels == 3 else fields.GRAY})
    mean, std = (np.asarray(values) for values in (card.normalisation.mean, card.normalisation.std))
    normalisation = NewTable(
        {fields.OPTIONS_TYPE: fields.NORMALISATION, fields.OPTIONS: NewTable({fields.MEAN: mean, fields.STD: std})}
    )
    content = NewTable({fields.CONTENT_TYPE: fields.IMAGE, fields.CONTENT_VALUE: colours})
    return NewTable({fields.TENSOR_NAME: "image", fields.CONTENT: content, fields.PROCESS_UNITS: (normalisation,)})


def _describe_scores() -> NewTable:
    labels = NewTable({fields.FILE_NAME: LABELS_ENTRY, fields.FILE_TYPE: fields.AXIS_LABELS})
    content = NewTable({fields.CONTENT_TYPE: fields.FEATURE, fields.CONTENT_VALUE: NewTable({})})
    return NewTable({fields.TENSOR_NAME: "probability", fields.CONTENT: content, fields.FILES: (labels,)})


def _describe_score(first: str, second: str) -> NewTable:
    content = NewTable({fields.CONTENT_TYPE: fields.FEATURE, fields.CONTENT_VALUE: NewTable({})})
    words = f"the probability of {second}; the rest is that of {first}"
    return NewTable({fields.TENSOR_NAME: "probability", fields.DESCRIPTION: words, fields.CONTENT: content})


def append_labels(content: bytes, labels: tuple[str, ...]) -> bytes:
    """A TFLite file with the label file that the metadata names, one label a line."""
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a") as archive:
        # Uncompressed, as Android reads it; the first day of the zip format keeps the bytes the same.
        archive.writestr(zipfile.ZipInfo(LABELS_ENTRY), "\n".join(labels))
    return file.getvalue()
