"""Networks of keras.applications, with the weights from the Keras cache or its download."""

from __future__ import annotations

import warnings

import keras
from keras import KerasTensor, layers

from train.download import downloading_weights
from train.models import Variant


def mobilenet(picture: KerasTensor, variant: Variant) -> KerasTensor:
    """MobileNetV1 (https://arxiv.org/abs/1704.04861), of any width; pretrained at 0.25, 0.5, 0.75 and 1."""
    x = layers.Rescaling(1 / 127.5, offset=-1)(picture)
    with downloading_weights(), warnings.catch_warnings():
        # At another size than 128, 160, 192 and 224 Keras warns that it takes the weights for 224.
        warnings.simplefilter("ignore")
        base = keras.applications.MobileNet(
            input_tensor=x,
            input_shape=picture.shape[1:],
            alpha=variant.alpha,
            include_top=variant.top,
            weights="imagenet" if variant.pretrained else None,
            pooling="avg",
        )
    return base.output
