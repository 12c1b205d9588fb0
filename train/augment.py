"""Changing the training pictures a little each time they are seen: layers in front of the network while it learns.

They run in the training graph, where the network does, so a GPU is never kept waiting for them. None of them is in
the file that is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import KerasTensor, layers, ops

# The amounts of the cats-and-dogs lesson; digits and clothes stay readable under them.
_SHIFT = 0.08  # of the side
_TURN = 0.03  # of a full turn: 11 degrees
_ZOOM = 0.1
_BRIGHTNESS = 0.15
_RANGE = (0, 255)

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
    if channels == 1:
        return [RandomView(mirrors=False, dtype="float32")]
    return [RandomView(mirrors=True, dtype="float32"), layers.RandomBrightness(_BRIGHTNESS, _RANGE, dtype="float32")]


class RandomView(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Each picture (float32, batch x height x width x channels) from a view of its own: shifted, turned, zoomed by
    itself along each side and, with `mirrors`, every second one mirrored; beyond an edge the edge goes on.

    One resampling does it all: Keras' layers, which resample for each of these, take twice as long and blur more.
    """

    def __init__(self, *, mirrors: bool, **given: Any) -> None:
        super().__init__(**given)
        self._mirrors = mirrors
        self._seeds = keras.random.SeedGenerator()

    def call(self, pictures: KerasTensor, training: bool = False) -> KerasTensor:
        if not training:
            return pictures
        return ops.image.affine_transform(pictures, self._choose_views(pictures), fill_mode="nearest")

    def _choose_views(self, pictures: KerasTensor) -> KerasTensor:
        """Where each pixel comes from: batch x 8, see keras.ops.image.affine_transform."""
        batch, height, width, _ = ops.shape(pictures)
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2

        def draw(most: float) -> KerasTensor:
            return keras.random.uniform((batch,), -most, most, seed=self._seeds)

        turn, zoom_x, zoom_y = draw(_TURN) * 2 * math.pi, 1 + draw(_ZOOM), 1 + draw(_ZOOM)
        if self._mirrors:
            zoom_x = zoom_x * ops.sign(draw(1.0))
        from_x = ops.cos(turn) * zoom_x, -ops.sin(turn) * zoom_y
        from_y = ops.sin(turn) * zoom_x, ops.cos(turn) * zoom_y
        shift_x = middle_x + draw(_SHIFT) * width - from_x[0] * middle_x - from_x[1] * middle_y
        shift_y = middle_y + draw(_SHIFT) * height - from_y[0] * middle_x - from_y[1] * middle_y
        nothing = ops.zeros((batch,))
        return ops.stack([*from_x, shift_x, *from_y, shift_y, nothing, nothing], axis=-1)
