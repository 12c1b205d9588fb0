"""ResNet-8, the image classification network of MLPerf Tiny (github.com/mlcommons/tiny)."""

from __future__ import annotations

import keras
from keras import KerasTensor, layers

from train.models import Variant


def resnet8(picture: KerasTensor, variant: Variant) -> KerasTensor:
    """Three stacks of 16, 32 and 64 filters, one residual block each, no pool before them, L2 on every kernel.

    The original takes 0..255 and leaves it to the first batch normalisation to scale; here it is scaled first, as in
    every network of this room.
    """
    x = layers.Rescaling(1 / 127.5, offset=-1)(picture)
    x = layers.ReLU()(layers.BatchNormalization()(_convolve(x, 16)))
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        x = _block(x, filters, stride)
    return layers.GlobalAveragePooling2D()(x)


def _block(x: KerasTensor, filters: int, stride: int) -> KerasTensor:
    """Two convolutions, and a shortcut that is convolved too where the size changes."""
    inner = layers.ReLU()(layers.BatchNormalization()(_convolve(x, filters, stride=stride)))
    inner = layers.BatchNormalization()(_convolve(inner, filters))
    if stride > 1:
        x = _convolve(x, filters, kernel=1, stride=stride)
    return layers.ReLU()(layers.Add()([x, inner]))


def _convolve(x: KerasTensor, filters: int, *, kernel: int = 3, stride: int = 1) -> KerasTensor:
    return layers.Conv2D(
        filters,
        kernel,
        stride,
        "same",
        kernel_initializer="he_normal",
        kernel_regularizer=keras.regularizers.L2(1e-4),
    )(x)
