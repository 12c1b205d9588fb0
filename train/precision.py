"""The arithmetic that a network learns in: of half the width where the machine computes that faster."""

from __future__ import annotations

from pathlib import Path

import keras

_CPU_FACTS = Path("/proc/cpuinfo")


def choose_precision(model: keras.Model) -> str:
    """A dtype policy of Keras for learning this network (built in float32) here; its weights stay float32.

    A GPU: `mixed_float16`. A CPU with matrix units for bfloat16 (AMX), under TensorFlow: `mixed_bfloat16` for networks
    of plain convolutions and dense layers; with batch normalisation or depthwise convolutions an epoch took 1.3 to 2.3
    times as long there (deep_cnn: 0.4 times; Xeon, TensorFlow 2.21).
    """
    if any(device.startswith(("gpu", "cuda")) for device in keras.distribution.list_devices()):
        return "mixed_float16"
    slow = (keras.layers.BatchNormalization, keras.layers.DepthwiseConv2D)
    is_plain = not any(isinstance(layer, slow) for layer in model.layers)
    has_convolutions = any(isinstance(layer, keras.layers.Conv2D) for layer in model.layers)
    if is_plain and has_convolutions and keras.backend.backend() == "tensorflow" and _has_bfloat16_units():
        return "mixed_bfloat16"
    return "float32"


def set_precision(model: keras.Model, precision: str) -> None:
    """Have the layers of a network compute by this dtype policy, in place: it stays the network that it was.

    To build it anew by another policy would lose what keras.applications builds with published weights only, as a
    scaling of EfficientNet's input.
    """
    for layer in model.layers:
        layer.dtype_policy = precision


def _has_bfloat16_units() -> bool:
    try:
        return " amx_bf16" in _CPU_FACTS.read_text(encoding="utf-8")
    except OSError:
        return False
