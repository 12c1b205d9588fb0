"""Changing the training pictures a little each time they are seen: layers in front of the network while it learns.

They run in the training graph, where the network does, so a GPU is never kept waiting for them. None of them is in
the file that is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import KerasTensor, layers

# The amounts of the cats-and-dogs lesson; digits and clothes stay readable under them.
_SHIFT = 0.08  # of the side
_TURN = 0.03  # of a full turn: 11 degrees
_ZOOM = 0.1
_BRIGHTNESS = 0.15
_RANGE = (0, 255)
_BOTH = (-_ZOOM, _ZOOM)

Augment = Callable[[KerasTensor, KerasTensor], tuple[KerasTensor, KerasTensor]]


def build_augmentation(kind: str, channels: int) -> Augment:
    """Pictures (float32, 0..255) and targets (float32, batch x classes) -> the same, changed while training only.

    kind: `none`; `light` (shifts, turns, zooms; for colour pictures also mirrored and brighter or darker);
    `strong` (in addition RandAugment, MixUp or CutMix, which also mix the targets). Gray pictures are not mirrored: a
    mirrored digit is none.
    """
    if kind == "none":
        return lambda pictures, targets: (pictures, targets)
    steps = _light(channels)
    mixing = []
    if kind == "strong":
        if channels == 3:
            steps.append(layers.RandAugment(_RANGE, num_ops=2, factor=0.3, dtype="float32"))
        mixing = [layers.MixUp(alpha=0.2, dtype="float32"), layers.CutMix(factor=0.5, dtype="float32")]

    def augment(pictures: KerasTensor, targets: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        for step in steps:
            pictures = step(pictures)
        both = {"images": pictures, "labels": targets}
        for mix in mixing:
            both = mix(both)
        return both["images"], both["labels"]

    return augment


def _light(channels: int) -> list[Any]:
    steps: list[Any] = [
        layers.RandomTranslation(_SHIFT, _SHIFT, fill_mode="nearest", dtype="float32"),
        layers.RandomRotation(_TURN, fill_mode="nearest", dtype="float32"),
        layers.RandomZoom(_BOTH, _BOTH, fill_mode="nearest", dtype="float32"),
    ]
    if channels == 3:
        steps.append(layers.RandomFlip("horizontal", dtype="float32"))
        steps.append(layers.RandomBrightness(_BRIGHTNESS, _RANGE, dtype="float32"))
    return steps
