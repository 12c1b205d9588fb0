"""Learning weights from examples, with settings that need no tuning.

AdamW, a learning rate that rises over the first twentieth of the steps and falls to zero by a cosine, targets
smoothed a little; the weights of the epoch that was best on the validation examples are kept.
"""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from train.plan import Schedule
from train.progress import Epoch, Progress
from train.reading import Examples

_WARM_UP = 0.05
_WEIGHT_DECAY = 1e-4
_LABEL_SMOOTHING = 0.05
_VALIDATION_BATCH = 256


def fit_examples(
    model: keras.Model, train: Examples, validation: Examples, schedule: Schedule, progress: Progress
) -> None:
    """Train `model` (probabilities out) in place. On a CPU equal seeds, examples and schedules give equal weights."""
    classes = model.output_shape[-1]
    steps = schedule.epochs * -(-len(train.targets) // schedule.batch)
    model.compile(
        keras.optimizers.AdamW(_learning_rate(schedule.rate, steps), weight_decay=_WEIGHT_DECAY),
        keras.losses.CategoricalCrossentropy(label_smoothing=_LABEL_SMOOTHING),
        metrics=["accuracy"],
    )
    # By loss: on few validation pictures many epochs have the same accuracy, and the first is not the best of them.
    best = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=schedule.epochs, restore_best_weights=True)
    with progress.bar(steps, "training", "step") as bar:
        model.fit(
            train.values,
            _one_hot(train.targets, classes),
            validation_data=(validation.values, _one_hot(validation.targets, classes)),
            validation_batch_size=_VALIDATION_BATCH,
            batch_size=schedule.batch,
            epochs=schedule.epochs,
            callbacks=[best, _Report(schedule.epochs, bar, progress)],
            verbose=0,
        )


def _learning_rate(highest: float, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    warm_up = max(1, round(steps * _WARM_UP))
    return keras.optimizers.schedules.CosineDecay(
        highest / 10, max(1, steps - warm_up), warmup_target=highest, warmup_steps=warm_up
    )


def _one_hot(targets: np.ndarray, classes: int) -> np.ndarray:
    return np.asarray(np.eye(classes, dtype=np.float32)[targets])


class _Report(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Tells a Progress of each step and epoch."""

    def __init__(self, epochs: int, bar: tqdm, progress: Progress) -> None:
        super().__init__()
        self._epochs = epochs
        self._bar = bar
        self._progress = progress
        self._started = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._started = time.monotonic()
        self._bar.set_description(f"epoch {epoch + 1}/{self._epochs}")

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        seconds = time.monotonic() - self._started
        self._progress.end_epoch(
            Epoch(epoch + 1, self._epochs, logs["loss"], logs["accuracy"], logs["val_accuracy"], seconds)
        )
