"""The phases of a training, one after the other: which weights each learns, and from what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import keras
import numpy as np

from train.checkpoint import State
from train.classifier import Network
from train.data import TrainingData, check_every_class
from train.fitting import PhaseFitting
from train.history import EpochMetrics
from train.plan import Plan
from train.progress import Progress
from train.reading import Examples, Reader
from train.settings import Phase

_FEATURE_BATCH = 64
_LAST_SHARE = 1 / 3  # of the backbone's layers with weights are learnt by `partial` when the user names no number


class Pictures:
    """The pictures to learn from and to choose the best weights by, decoded when they are first asked for.

    as_lessons: they learn from all that are not for the test, look at those of the test after each epoch, and choose
    nothing by them.
    """

    def __init__(self, data: TrainingData, reader: Reader, *, as_lessons: bool = False) -> None:
        self._data = data
        self._reader = reader
        self._as_lessons = as_lessons

    @cached_property
    def train(self) -> Examples:
        """Raises DataError when a class has no picture that can be read."""
        examples = self._reader.read_all(self._data.train)
        if self._as_lessons:
            examples = examples.join(self._reader.read_all(self._data.validation))
        check_every_class(examples.targets, self._data.labels, self._data.name)
        return examples

    @cached_property
    def validation(self) -> Examples:
        return self._reader.read_all(self._data.test if self._as_lessons else self._data.validation)


@dataclass(frozen=True)
class Learning:
    """A network and what it is to learn. teacher: see train/objective.py. devices: that share each batch."""

    plan: Plan
    network: Network
    teacher: keras.Model | None
    pictures: Pictures
    progress: Progress
    devices: int = 1

    def run(
        self, state: State, keep: Callable[[State], None], follow: Callable[[EpochMetrics], None] | None = None
    ) -> State:
        """Go on from `state` to the end. keep: gets the state after each epoch. follow: gets each epoch."""
        if state.begin:
            self.network.whole.set_weights(state.begin)

        def keep_and_follow(state: State) -> None:
            keep(state)
            if follow:
                follow(state.epochs[-1])

        for index in range(state.phase, len(self.plan.phases)):
            begin = tuple(self.network.whole.get_weights())
            if index != state.phase:
                state = self._begin_phase(index, state, begin)
            try:
                state = self._open_phase(self.plan.phases[index]).run(state, keep_and_follow, self.progress)
            except KeyboardInterrupt:
                # Of a phase without a whole epoch nothing is left: the state that was kept last is of the one before.
                self.network.whole.set_weights(begin)
                raise
        return state

    def _begin_phase(self, index: int, former: State, begin: tuple[np.ndarray, ...]) -> State:
        """What the phase before learnt stays the best until an epoch passes it: few photos may only unteach a head.

        Not where a teacher comes in, or the last epoch is kept: losses of another kind, or none, are compared there.
        """
        state = State(index, len(former.epochs), former.epochs, begin=begin)
        is_alike = self.teacher is None and self.plan.phases[index].settings.keeps == "best"
        return replace(state, best_epoch=former.best_epoch, best=begin) if is_alike else state

    def restore_best(self, state: State) -> None:
        """Give the network the weights of the best epoch of a state."""
        if state.begin:
            self.network.whole.set_weights(state.begin)
        if state.best:
            self._model_of(self.plan.phases[state.phase]).set_weights(state.best)

    def _open_phase(self, phase: Phase) -> PhaseFitting:
        self._choose_weights(phase)
        model = self._model_of(phase)
        train, validation, teacher = self.pictures.train, self.pictures.validation, self.teacher
        if model is self.network.head:
            train, validation, teacher = self._features(train), self._features(validation), None
        return PhaseFitting(
            model, phase, (train, validation), seed=self.plan.seed, devices=self.devices, teacher=teacher
        )

    def _model_of(self, phase: Phase) -> keras.Model:
        """Where the backbone and its pictures never change its features are computed once, not once an epoch."""
        once = phase.learns == "head" and phase.settings.augment == "none"
        return self.network.head if once else self.network.whole

    def _choose_weights(self, phase: Phase) -> None:
        # Frozen, batch normalisation also stays in inference mode (keras.io/guides/transfer_learning). Published
        # averages are those of a million pictures: learnt anew from few, they cost EfficientNet-Lite0 what it knew
        # (docs/results.md).
        layers = [layer for layer in self.network.backbone.layers if layer.weights]
        if self.plan.strategy.pretrained:
            published = [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]
            for layer in published:
                layer.trainable = False
            layers = [layer for layer in layers if layer not in published]
        learnt = {"head": 0, "last": self._last(len(layers)), "all": len(layers)}[phase.learns]
        for number, layer in enumerate(layers):
            layer.trainable = number >= len(layers) - learnt

    def _last(self, layers: int) -> int:
        return min(layers, self.plan.unfreeze or round(layers * _LAST_SHARE))

    def _features(self, pictures: Examples) -> Examples:
        """What the backbone makes of each picture: float32, count x features."""
        count = len(pictures.targets)
        with self.progress.bar(count, "features", "picture") as bar:
            batches = []
            for start in range(0, count, _FEATURE_BATCH):
                values = pictures.values[start : start + _FEATURE_BATCH]
                found = keras.ops.convert_to_numpy(self.network.backbone(values, training=False))
                batches.append(found.astype(np.float32))
                bar.update(len(values))
        return Examples(np.concatenate(batches), pictures.targets, pictures.numbers)
