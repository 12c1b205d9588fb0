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

# How far `light` goes, as the cats-and-dogs lesson does; digits and clothes stay readable. `strong` goes twice as far.
_SHIFT = 0.08  # of the side
_TURN = 0.03  # of a full turn: 11 degrees
_ZOOM = 0.1
_BRIGHTNESS = 0.15
_RANGE = (0, 255)

Augment = Callable[[KerasTensor, KerasTensor], tuple[KerasTensor, KerasTensor]]


def build_augmentation(kind: str, channels: int) -> Augment:
    """Pictures (float32, 0..255) and targets (float32, batch x classes) -> the same, changed while training only.

    kind: `none`; `light` (shifts, turns, zooms; for colour pictures also mirrored and brighter or darker);
    `strong` (twice as far, RandAugment's changes of tone, and then MixUp or CutMix, which also mix the targets). Gray
    pictures are not mirrored: a mirrored digit is none.
    """
    if kind == "none":
        return lambda pictures, targets: (pictures, targets)
    is_strong, is_colour = kind == "strong", channels == 3
    steps = [RandomView(2 if is_strong else 1, mirrors=is_colour, dtype="float32")]
    if is_colour:
        steps.append(layers.RandomBrightness(_BRIGHTNESS, _RANGE, dtype="float32"))
    if is_colour and is_strong:
        steps.append(RandomTones(dtype="float32"))
    mix = RandomMix(dtype="float32") if is_strong else None

    def augment(pictures: KerasTensor, targets: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        for step in steps:
            pictures = step(pictures)
        return mix(pictures, targets) if mix else (pictures, targets)

    return augment


class RandomView(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Each picture (float32, batch x height x width x channels) from a view of its own: shifted, turned, zoomed by
    itself along each side and, with `mirrors`, every second one mirrored; beyond an edge the edge goes on.

    One resampling does it all: Keras' layers, which resample for each of these, take twice as long and blur more.
    reach: how many times as far as `light` goes.
    """

    def __init__(self, reach: float, *, mirrors: bool, **given: Any) -> None:
        super().__init__(**given)
        self._reach = reach
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
            return self._reach * keras.random.uniform((batch,), -most, most, seed=self._seeds)

        turn, zoom_x, zoom_y = draw(_TURN) * 2 * math.pi, 1 + draw(_ZOOM), 1 + draw(_ZOOM)
        if self._mirrors:
            zoom_x = zoom_x * ops.sign(draw(1.0))
        from_x = ops.cos(turn) * zoom_x, -ops.sin(turn) * zoom_y
        from_y = ops.sin(turn) * zoom_x, ops.cos(turn) * zoom_y
        shift_x = middle_x + draw(_SHIFT) * width - from_x[0] * middle_x - from_x[1] * middle_y
        shift_y = middle_y + draw(_SHIFT) * height - from_y[0] * middle_x - from_y[1] * middle_y
        nothing = ops.zeros((batch,))
        return ops.stack([*from_x, shift_x, *from_y, shift_y, nothing, nothing], axis=-1)


class RandomTones(layers.Layer):  # type: ignore[misc]
    """RandAugment's changes of tone (https://arxiv.org/abs/1909.13719): two or fewer for each picture, drawn by itself.

    Keras' RandAugment draws them for a batch as a whole, leaves two bits of each channel and makes negatives of most
    pictures: a small network learnt nothing under it (docs/results.md).
    """

    _AT_A_TIME = 2

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._seeds = keras.random.SeedGenerator()
        self._ways = [
            layers.RandomContrast(0.4, _RANGE, dtype="float32"),
            layers.RandomColorDegeneration((0.0, 0.9), _RANGE, dtype="float32"),
            layers.RandomSharpness((0.0, 1.0), _RANGE, dtype="float32"),  # softer below 0.5, sharper above
            layers.RandomPosterization((3, 7), _RANGE, dtype="float32"),  # bits
            layers.AutoContrast(_RANGE, dtype="float32"),
            layers.Equalization(_RANGE, dtype="float32"),
        ]

    def build(self, shape: tuple[int | None, ...]) -> None:
        for way in self._ways:
            way.build(shape)

    def call(self, pictures: KerasTensor, training: bool = False) -> KerasTensor:
        if not training:
            return pictures
        each = (ops.shape(pictures)[0], self._AT_A_TIME)
        drawn = keras.random.randint(each, 0, len(self._ways) + 1, seed=self._seeds)
        for number, way in enumerate(self._ways):
            is_drawn = ops.any(drawn == number, axis=-1)[:, None, None, None]
            pictures = ops.where(is_drawn, way(pictures, training=True), pictures)
        return pictures


class RandomMix(layers.Layer):  # type: ignore[misc]
    """Every second batch by MixUp (https://arxiv.org/abs/1710.09412), the others by CutMix
    (https://arxiv.org/abs/1905.04899): pictures and targets -> the same, each mixed with another one of its batch.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._seeds = keras.random.SeedGenerator()
        self._ways = [layers.MixUp(alpha=0.2, dtype="float32"), layers.CutMix(factor=0.5, dtype="float32")]

    def build(self, pictures_shape: tuple[int | None, ...], targets_shape: tuple[int | None, ...]) -> None:
        for way in self._ways:
            way.build({"images": pictures_shape, "labels": targets_shape})

    def call(
        self, pictures: KerasTensor, targets: KerasTensor, training: bool = False
    ) -> tuple[KerasTensor, KerasTensor]:
        if not training:
            return pictures, targets
        one, other = (way({"images": pictures, "labels": targets}, training=True) for way in self._ways)
        is_one = keras.random.uniform((), seed=self._seeds) < 0.5
        return ops.where(is_one, one["images"], other["images"]), ops.where(is_one, one["labels"], other["labels"])
