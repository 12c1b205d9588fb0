"""The network as it is while it learns: augmentation before it, and beside its answer what that is judged by.

A learning network answers each picture with rows of probabilities (float32, batch x 2 or 3 x classes): its own, the
target (which MixUp and CutMix may have mixed), and the teacher's where there is one. So one loss serves every way of
learning, on every backend, and validation is the same network without augmentation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import KerasTensor, layers, ops

from train.augment import build_augmentation
from train.settings import Settings

_OWN, _TARGET, _TEACHER = 0, 1, 2
# Hinton, Vinyals, Dean 2015 (https://arxiv.org/abs/1503.02531): soft targets at a higher temperature, most of the loss.
_TEMPERATURE = 2.0
_TEACHER_SHARE = 0.7


def build_learner(model: keras.Model, settings: Settings, teacher: keras.Model | None) -> keras.Model:
    """(values, targets) -> rows of probabilities; `model` shares its weights with it.

    values: what `model` takes. targets: float32, batch x classes. teacher: pictures of any size, of `model`'s channels
    or RGB -> probabilities of all classes in the same order, as load_teacher gives them; never learns.
    """
    shape = tuple(model.input.shape[1:])
    values = keras.Input(shape, name="values")
    classes = max(2, model.output.shape[-1])
    targets = keras.Input((classes,), name="targets")
    pictures, wanted = build_augmentation(settings.augment, shape[-1])(values, targets)
    rows = [as_classes(model(pictures)), wanted]
    if teacher is not None:
        teacher.trainable = False
        height, width, channels = teacher.input.shape[1:]
        seen = pictures if (height, width) == shape[:2] else layers.Resizing(height, width)(pictures)
        if channels != shape[-1]:
            seen = ops.repeat(seen, channels, axis=-1)  # gray as RGB
        rows.append(teacher(seen, training=False))
    return keras.Model([values, targets], ops.stack([ops.cast(row, "float32") for row in rows], axis=1))


def as_classes(scores: KerasTensor) -> KerasTensor:
    """Probabilities of all classes: one sigmoid output is the second of two."""
    return ops.concatenate([1 - scores, scores], axis=-1) if scores.shape[-1] == 1 else scores


def build_loss(smoothing: float, has_teacher: bool) -> Callable[[Any, Any], Any]:
    """Cross entropy against the smoothed target, and against the teacher."""

    def loss(_: Any, rows: Any) -> Any:
        own, target = rows[:, _OWN], rows[:, _TARGET]
        hard = keras.losses.categorical_crossentropy(target, own, label_smoothing=smoothing)
        if not has_teacher:
            return hard
        soft = keras.losses.kl_divergence(_soften(rows[:, _TEACHER]), _soften(own))
        return (1 - _TEACHER_SHARE) * hard + _TEACHER_SHARE * _TEMPERATURE**2 * soft

    return loss


def accuracy(_: Any, rows: Any) -> Any:
    """Whether the likeliest class is the target's; float32 (batch)."""
    right = ops.equal(ops.argmax(rows[:, _OWN], axis=-1), ops.argmax(rows[:, _TARGET], axis=-1))
    return ops.cast(right, "float32")


def _soften(probabilities: Any) -> Any:
    """The probabilities at a higher temperature of the softmax."""
    powers = ops.power(ops.clip(probabilities, 1e-7, 1.0), 1 / _TEMPERATURE)
    return powers / ops.sum(powers, axis=-1, keepdims=True)
