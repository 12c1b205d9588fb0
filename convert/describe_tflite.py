"""Telling other programs (MediaPipe Tasks, Android) in a TFLite file what its card tells edgeframe."""

from __future__ import annotations

from convert.tflite_file import add_buffer, read_graph
from convert.tflite_metadata import append_labels, build_metadata
from runtime.card import ModelCard
from runtime.tflite_metadata import BUFFER_NAME


def describe_tflite(content: bytes, card: ModelCard) -> bytes:
    """A TFLite file's bytes with TFLite Metadata made of its card. Any zip behind it is gone; nothing else changes.

    The metadata names a label for each score. One score for two classes, the probability of the second one, gets
    none: MediaPipe takes no file whose labels are not as many as its scores. It is told in words then.
    """
    has_labels = read_graph(content).outputs[0].size == len(card.labels)
    described = add_buffer(content, BUFFER_NAME, build_metadata(card, has_labels))
    return append_labels(described, card.labels) if has_labels else described
