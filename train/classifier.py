"""From a row of the table to a network: the builder's features, and a classifier on them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import keras
from keras import layers

from runtime.errors import TrainingError
from runtime.late_import import import_late
from train.models import Architecture, Variant

_COLOURS = re.compile(r"\x1b\[[\d;]*m")  # in the words of some layers of Keras


@dataclass(frozen=True)
class Network:
    """A classifier and its two halves, which share its layers and weights.

    whole: picture (float32, batch x height x width x channels, 0..255) -> probabilities (float32, batch x classes).
    backbone: picture -> features. head: features -> probabilities.
    scores: "softmax", or "sigmoid" where one output is the probability of the second of two classes.
    """

    whole: keras.Model
    backbone: keras.Model
    head: keras.Model
    scores: str


def build_network(architecture: Architecture, variant: Variant, classes: int) -> Network:
    """A network for `classes` classes of one's own. Raises TrainingError when it cannot be built so."""
    backbone = _build_model(architecture, variant)
    picture, features = backbone.input, backbone.output
    kind = architecture.scores if classes == 2 else "softmax"
    outputs = 1 if kind == "sigmoid" else classes
    head_input = keras.Input(features.shape[1:], name="features")
    classifier = [
        layers.Dropout(architecture.dropout, name="classifier_dropout"),
        # float32 also where the rest is of lower precision.
        layers.Dense(outputs, activation=kind, dtype="float32", name="scores"),
    ]
    scores, head_scores = features, head_input
    for layer in classifier:
        scores, head_scores = layer(scores), layer(head_scores)
    return Network(
        whole=keras.Model(picture, scores, name=architecture.name),
        backbone=backbone,
        head=keras.Model(head_input, head_scores),
        scores=kind,
    )


def build_published(architecture: Architecture, variant: Variant) -> keras.Model:
    """A network with its ImageNet classifier of 1000 classes; `variant` has its top."""
    return _build_model(architecture, variant, architecture.name)


def _build_model(architecture: Architecture, variant: Variant, name: str | None = None) -> keras.Model:
    size = variant.size
    build = import_late(f"train.networks.{architecture.builder}")
    picture = keras.Input((size.height, size.width, size.channels), name="picture")
    try:
        model = keras.Model(picture, build(picture, variant), name=name)
        made = keras.tree.flatten([layer.output for layer in model.layers])
        if any(0 in values.shape for values in made):  # of which Keras 3.12, the last for Python 3.10, says nothing
            raise ValueError("its pools leave nothing of the picture")
        return model
    except ValueError as error:
        # Keras' own words for a picture that is too small for the pools, or a width that has no weights.
        reason = " ".join(_COLOURS.sub("", str(error)).split())[:200]
        raise TrainingError(
            f"{architecture.name}: cannot be built for {size} ({reason}); its own size is {architecture.input}"
        ) from None
