"""Learning weights from examples, an epoch at a time, so that every epoch can be the last."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from keras.optimizers import schedules
from tqdm import tqdm

from train.checkpoint import State
from train.feed import open_feed
from train.history import EpochMetrics
from train.objective import accuracy, build_learner, build_loss
from train.progress import Progress
from train.reading import Examples
from train.settings import Phase, Settings

_WARM_UP = 0.05  # of the steps
_WEIGHT_DECAY = 1e-4
_LEAST_MOMENTUM = 0.9
_VALIDATION_SHARE, _VALIDATION_MOST = 8, 256
# Steps that the backend takes between two looks at what Python has to say: where a step is short that takes a
# quarter less time. JAX would unroll them, and compile so many times as long; TensorFlow cannot on several devices.
_STEPS_AT_ONCE = {"tensorflow": 8}
_OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


class PhaseFitting:
    """One phase of a training: `model` (probabilities out) learns from the first examples, judged by the second."""

    def __init__(
        self,
        model: keras.Model,
        phase: Phase,
        examples: tuple[Examples, Examples],
        *,
        seed: int,
        devices: int = 1,
        teacher: keras.Model | None = None,
    ) -> None:
        settings = phase.settings
        train, validation = examples
        _shorten_averages(model, math.ceil(len(train.targets) / settings.batch))
        self._model = model
        self._phase = phase
        self._seed = seed
        self._learner = build_learner(model, settings, teacher)
        optimizer = _build_optimizer(settings, len(train.targets))
        if any(layer.compute_dtype == "float16" for layer in model.layers):
            # Keras does so by itself only for a model that was made in that policy; small gradients would become 0.
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        self._learner.compile(
            optimizer,
            build_loss(settings.smoothing, teacher is not None),
            metrics=[accuracy],
            steps_per_execution=1 if devices > 1 else _STEPS_AT_ONCE.get(keras.backend.backend(), 1),
        )
        self._learner.optimizer.build(self._learner.trainable_variables)
        fixed = {id(variable) for variable in teacher.variables} if teacher else set()
        self._changing = [variable for variable in self._learner.variables if id(variable) not in fixed]
        self._changing += self._learner.optimizer.variables
        classes = self._learner.output.shape[-1]
        self._train = open_feed(train, classes, settings.batch, devices)
        self._validation = open_feed(validation, classes, choose_validation_batch(settings.batch), devices)

    def run(self, state: State, keep: Callable[[State], None], progress: Progress) -> State:
        """Go on from `state` to the end of the phase; `keep` gets the state after each epoch.

        The model is left with the weights of the epoch of the least validation loss, or of the last (Settings.keeps).
        On a CPU equal seeds, examples and settings give equal weights, also where a run began with a state that
        another had kept.
        """
        epochs = self._phase.settings.epochs
        for variable, value in zip(self._changing, state.now):
            variable.assign(value)
        began = time.monotonic()
        with progress.bar(epochs * self._train.steps, "training", "step") as bar:
            bar.update(state.done * self._train.steps)
            while state.done < epochs and not self._has_settled(state):
                state = self._learn_epoch(state, bar, began)
                began += state.epochs[-1].seconds  # so that what keeping this one takes is in the next one's
                keep(state)
                progress.end_epoch(state.epochs[-1], state.first + epochs)
        self._model.set_weights(state.best)
        return state

    def _has_settled(self, state: State) -> bool:
        best = max(state.best_epoch, state.first)
        return len(state.epochs) - best >= self._phase.settings.patience

    def _learn_epoch(self, state: State, bar: tqdm, began: float) -> State:
        number = len(state.epochs) + 1
        bar.set_description(f"epoch {state.done + 1}/{self._phase.settings.epochs}")
        # Each epoch has its own, whichever process learns it. What layers draw (dropout, augmentation) is in `state`.
        order = np.random.default_rng((self._seed, number)).permutation(len(self._train.targets))
        learnt = self._train.fit(self._learner, order, _callbacks(bar, state.done, self._train.steps))
        held_out = self._validation.evaluate(self._learner)
        metrics = EpochMetrics(
            number=number,
            phase=self._phase.learns,
            loss=learnt["loss"],
            accuracy=learnt["accuracy"],
            validation_loss=held_out["loss"],
            validation_accuracy=held_out["accuracy"],
            rate=float(self._learner.optimizer.learning_rate),
            seconds=time.monotonic() - began,
        )
        is_best = (
            self._phase.settings.keeps == "last" or metrics.validation_loss < state.best_loss or not state.best_epoch
        )
        state = replace(state, epochs=(*state.epochs, metrics), now=_values(self._changing))
        return replace(state, best_epoch=number, best=tuple(self._model.get_weights())) if is_best else state


def choose_validation_batch(batch: int) -> int:
    """Validation pictures at a time, where `batch` are learnt from at a time.

    Learning keeps what every layer made, and so takes as much memory for fewer; who asks for smaller batches to save
    memory saves it here too.
    """
    return min(_VALIDATION_MOST, _VALIDATION_SHARE * batch)


def _shorten_averages(model: keras.Model, steps: int) -> None:
    """Let batch normalisation forget what it saw some epochs ago, where an epoch has few steps.

    Keras' MobileNetV3 averages over the last 1,000 steps: learnt from few photos it would judge new ones by the
    averages of the untrained network.
    """
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = min(layer.momentum, max(_LEAST_MOMENTUM, 1 - 2 / steps))


def _values(variables: list[Any]) -> tuple[np.ndarray, ...]:
    return tuple(np.array(keras.ops.convert_to_numpy(variable)) for variable in variables)


def _build_optimizer(settings: Settings, examples: int) -> keras.optimizers.Optimizer:
    rate = _SCHEDULES[settings.schedule](settings, math.ceil(examples / settings.batch))
    given = {"sgd": {"momentum": settings.momentum}, "adamw": {"weight_decay": _WEIGHT_DECAY}}
    return _OPTIMIZERS[settings.optimizer](rate, **given.get(settings.optimizer, {}))


def _cosine(settings: Settings, epoch: int) -> Any:
    steps = settings.epochs * epoch
    warm_up = max(1, round(steps * _WARM_UP))
    return schedules.CosineDecay(
        settings.rate / 10, max(1, steps - warm_up), warmup_target=settings.rate, warmup_steps=warm_up
    )


# How the rate changes, given the steps of an epoch.
_SCHEDULES: dict[str, Callable[[Settings, int], Any]] = {
    "constant": lambda settings, epoch: settings.rate,
    "cosine": _cosine,
    "exponential": lambda settings, epoch: schedules.ExponentialDecay(
        settings.rate, epoch, 1 - settings.decay, staircase=True
    ),
    "inverse": lambda settings, epoch: schedules.InverseTimeDecay(settings.rate, 1, settings.decay),
}


def _callbacks(bar: tqdm, done: int, steps: int) -> list[keras.callbacks.Callback]:
    """A bar that nobody sees costs nothing. done: epochs before this one. steps: of each."""
    if bar.disable:
        return []

    def show(step: int, logs: object) -> None:
        # The number of the last one of _STEPS_AT_ONCE, also where the epoch ends before it.
        bar.update(done * steps + min(step + 1, steps) - bar.n)

    return [keras.callbacks.LambdaCallback(on_train_batch_end=show)]
