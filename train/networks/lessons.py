"""The networks of the classic lessons, up to their classifier."""

from __future__ import annotations

import keras
from keras import KerasTensor, layers

from train.models import Variant


def mlp(picture: KerasTensor, variant: Variant) -> KerasTensor:
    """Three dense layers of 256."""
    x = layers.Flatten()(_normalise(picture))
    for _ in range(3):
        x = layers.Dense(256, activation="relu")(x)
    return x


def cnn(picture: KerasTensor, variant: Variant) -> KerasTensor:
    """Two convolutions, each with a pool, and a dense layer."""
    x = _normalise(picture)
    for _ in range(2):
        x = layers.MaxPooling2D()(layers.Conv2D(32, 3, activation="relu")(x))
    return layers.Dense(256, activation="relu")(layers.Flatten()(x))


def cnn_5x5(picture: KerasTensor, variant: Variant) -> KerasTensor:
    """One convolution that sees 5 x 5 pixels, a pool, dropout and a dense layer."""
    x = layers.Conv2D(32, 5, activation="relu")(_normalise(picture))
    x = layers.Dropout(0.2)(layers.MaxPooling2D()(x))
    return layers.Dense(128, activation="relu")(layers.Flatten()(x))


def deep_cnn(picture: KerasTensor, variant: Variant) -> KerasTensor:
    """Two pairs of convolutions, each with a pool and dropout, and a dense layer."""
    x = _normalise(picture)
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, activation="relu")(x)
        x = layers.Conv2D(filters, 3, activation="relu")(x)
        x = layers.Dropout(0.25)(layers.MaxPooling2D()(x))
    return layers.Dense(256, activation="relu")(layers.Flatten()(x))


def cifar_small(picture: KerasTensor, variant: Variant) -> KerasTensor:
    """Two convolutions, a pool between them, and a small dense layer."""
    x = layers.Conv2D(64, 3, activation="relu")(_normalise(picture))
    x = layers.Conv2D(32, 3, activation="relu")(layers.MaxPooling2D()(x))
    return layers.Dense(80, activation="relu")(layers.Flatten()(x))


def cifar_simple(picture: KerasTensor, variant: Variant) -> KerasTensor:
    """A pair of convolutions, dropout between them, a pool and a dense layer; no neuron's weights grow over norm 3."""

    def convolve(x: KerasTensor) -> KerasTensor:
        # Over height, width and input channels: the weights of one filter.
        norm = keras.constraints.MaxNorm(3, axis=[0, 1, 2])
        return layers.Conv2D(32, 3, padding="same", activation="relu", kernel_constraint=norm)(x)

    x = layers.Dropout(0.2)(convolve(_normalise(picture)))
    x = layers.Flatten()(layers.MaxPooling2D()(convolve(x)))
    return layers.Dense(512, activation="relu", kernel_constraint=keras.constraints.MaxNorm(3))(x)


def cifar_bn(picture: KerasTensor, variant: Variant) -> KerasTensor:
    """Three convolutions and a dense layer, each with batch normalisation; pools after the second and third.

    It normalises before each ReLU, so that a converter folds it into the convolution's weights.
    """
    x = _normalise(picture)
    for number in range(3):
        x = layers.Conv2D(64, 3, padding="same")(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        if number:
            x = layers.MaxPooling2D()(x)
        x = layers.Dropout(0.25)(x)
    x = layers.Dense(512, use_bias=False)(layers.Flatten()(x))
    return layers.ReLU()(layers.BatchNormalization()(x))


def cats_dogs(picture: KerasTensor, variant: Variant) -> KerasTensor:
    """Two convolutions, each with a pool, and a wide dense layer."""
    x = _normalise(picture)
    for filters in (32, 64):
        x = layers.MaxPooling2D()(layers.Conv2D(filters, 3, activation="relu")(x))
    return layers.Dense(512, activation="relu")(layers.Flatten()(x))


def _normalise(picture: KerasTensor) -> KerasTensor:
    """To -1..1: with 0..1 deep_cnn gets about 0.8 points less from 5 epochs of examples/fashion_mnist."""
    return layers.Rescaling(1 / 127.5, offset=-1)(picture)
