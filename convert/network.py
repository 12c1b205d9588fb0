"""The Keras network that is converted: loaded without running code from its file, and asked for its scores."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from convert.failure import explain_failure
from convert.keras_file import KerasFile
from convert.plain_network import make_plain
from convert.scratch import remove_scratch
from runtime.card import ModelCard
from runtime.errors import ConversionError
from runtime.interrupts import ended_at_once

# What the network is asked about at a time: feature maps of 32 photos took a quarter of a gigabyte.
_PIXELS_AT_ONCE = 1 << 19
_MOST_AT_ONCE = 64


def split_batches(pictures: np.ndarray) -> list[np.ndarray]:
    """Pictures, count x height x width x channels, in order, in parts of as many as a network takes at a time."""
    height, width = pictures.shape[1:3]
    size = min(_MOST_AT_ONCE, max(1, _PIXELS_AT_ONCE // (height * width)))
    return [pictures[start : start + size] for start in range(0, len(pictures), size)]


@dataclass(frozen=True)
class Network:
    """A Keras classifier: float32 pictures of 0..255 in, scores (batch, classes) out.

    batch: of the files made of it, None for an open one, in formats that leave the choice. corrected: what the files
    are made of, a Keras model whose biases make up for what rounding does; None for `model` itself.
    """

    model: Any
    card: ModelCard
    batch: int | None = None
    corrected: Any = None

    @property
    def written(self) -> Any:
        """The Keras model that the files are made of."""
        return self.model if self.corrected is None else self.corrected

    def with_corrected(self, corrected: Any) -> Network:
        """The network with a model of the same layers to make files of."""
        return replace(self, corrected=corrected)

    def scores(self, pictures: np.ndarray) -> np.ndarray:
        """The scores, float32 count x classes, of uint8 pictures, count x height x width x channels."""
        batches = [self.model.predict_on_batch(batch.astype(np.float32)) for batch in split_batches(pictures)]
        return self._spread(np.concatenate(batches).astype(np.float32))

    def ask(self, run: Callable[[np.ndarray], np.ndarray], picture: np.ndarray) -> np.ndarray:
        """The scores (classes,) that a file made of the network gives, by its backend's `run`, for a uint8 picture."""
        return self._spread(run(picture))

    def _spread(self, scores: np.ndarray) -> np.ndarray:
        """One sigmoid output as the probabilities of two classes."""
        is_single = self.card.scores == "sigmoid" and scores.shape[-1] == 1
        return np.concatenate([1 - scores, scores], axis=-1) if is_single else scores

    def trace(self, batch: int | None) -> Any:
        """The network as a TensorFlow function of one float32 tensor `image`; a batch of None stays open."""
        import tensorflow as tf

        model, signature = self.written, [self.picture_spec(batch)]
        return tf.function(lambda image: model(image, training=False), input_signature=signature)

    def picture_spec(self, batch: int | None) -> Any:
        """What `trace` takes, as a TensorFlow signature."""
        import tensorflow as tf

        size = self.card.input
        return tf.TensorSpec((batch, size.height, size.width, size.channels), tf.float32, name="image")


def load_network(source: KerasFile) -> Network:
    """Load the network of a checked file; ConversionError unless it is the classifier that its card describes."""
    model = load_keras(source.path)
    _check_classifier(source, model)
    with explain_failure(f"{source.path}: its layers cannot be built anew"):
        return Network(make_plain(model), source.card)


def load_keras(path: Path) -> Any:
    """The Keras model of a `.keras`, whose own code is not run. Raises ConversionError."""
    # The converters read TensorFlow graphs, whatever backend the network was trained on.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with ended_at_once(remove_scratch):  # it takes seconds, and no file is begun yet
        import keras

    with explain_failure(f"{path}: Keras {keras.__version__} cannot load it"):
        return keras.saving.load_model(path, compile=False, safe_mode=True)


def _check_classifier(source: KerasFile, model: Any) -> None:
    inputs, outputs = ([tuple(tensor.shape) for tensor in tensors] for tensors in (model.inputs, model.outputs))
    size, classes = source.card.input, len(source.card.labels)
    if len(inputs) != 1 or len(outputs) != 1 or len(inputs[0]) != 4 or len(outputs[0]) != 2:
        raise ConversionError(
            f"{source.path}: takes {_shapes(inputs)} and gives {_shapes(outputs)}; expected an image classifier: "
            "one picture (batch, height, width, channels) in, one list of scores (batch, classes) out"
        )
    expected = (size.height, size.width, size.channels)
    if any(side not in (None, wanted) for side, wanted in zip(inputs[0][1:], expected)):
        raise ConversionError(f"{source.path}: takes {_shapes(inputs)}, its card says {size}; train and save it again")
    is_single = source.card.scores == "sigmoid" and classes == 2 and outputs[0][1] == 1
    if outputs[0][1] != classes and not is_single:
        raise ConversionError(
            f"{source.path}: gives {outputs[0][1]} scores, its card has {classes} labels; train and save it again"
        )


def _shapes(shapes: list[tuple[int | None, ...]]) -> str:
    return " and ".join("x".join("?" if side is None else str(side) for side in shape) for shape in shapes)
