"""Learning from examples: what is easily lost without a figure to tell it."""

from __future__ import annotations

import io
import signal
import time

import keras
import numpy as np
import pytest
from tqdm import tqdm

from train.checkpoint import State
from train.fitting import PhaseFitting, choose_validation_batch
from train.progress import Progress
from train.reading import Examples
from train.settings import Phase, Settings


def _dark_and_bright(count: int, seed: int) -> Examples:
    """Pictures (count x 4 x 4 x 1) of two classes that one look at their mean tells apart."""
    targets = np.arange(count) % 2
    noise = np.random.default_rng(seed).integers(0, 60, (count, 4, 4, 1))
    return Examples((noise + 150 * targets[:, None, None, None]).astype(np.uint8), targets, np.arange(count))


def test_batch_normalisation_of_a_long_memory_learns_from_few_pictures() -> None:
    """With the 1,000 steps that Keras' MobileNetV3 averages over it would judge by the averages it began with."""
    keras.utils.set_random_seed(0)
    picture = keras.Input((4, 4, 1))
    features = keras.layers.BatchNormalization(momentum=0.999)(keras.layers.Flatten()(picture))
    features = keras.layers.BatchNormalization(momentum=0.999)(keras.layers.Dense(8, activation="relu")(features))
    model = keras.Model(picture, keras.layers.Dense(2, activation="softmax")(features))
    examples, held_out = _dark_and_bright(64, 0), _dark_and_bright(32, 1)
    phase = Phase("all", Settings(epochs=12, batch=16, rate=1e-2))
    fitting = PhaseFitting(model, phase, (examples, held_out), seed=0)
    state = fitting.run(State(), lambda _: None, Progress(io.StringIO(), io.StringIO()))
    assert (
        state.epochs[-1].validation_loss < 0.3
    )  # of 0.14 at best, by the smoothed targets; untouched averages: above 1


def test_it_ends_when_validation_has_not_become_better_for_long() -> None:
    """Targets without meaning: nothing that is learnt helps on other pictures."""
    keras.utils.set_random_seed(0)
    picture = keras.Input((4, 4, 1))
    scores = keras.layers.Dense(2, activation="softmax")(
        keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(picture))
    )
    model = keras.Model(picture, scores)
    shuffled = np.random.default_rng(2).permutation(64) % 2
    examples = Examples(_dark_and_bright(64, 0).values, shuffled, np.arange(64))
    settings = Settings(epochs=200, batch=16, rate=0.05, schedule="constant", patience=3)
    held_out = _dark_and_bright(32, 1)
    fitting = PhaseFitting(model, Phase("all", settings), (examples, held_out), seed=0)
    state = fitting.run(State(), lambda _: None, Progress(io.StringIO(), io.StringIO()))
    assert len(state.epochs) < 200
    assert len(state.epochs) - state.best_epoch == 3


def test_the_bar_counts_no_more_steps_than_there_are() -> None:
    """Also where an epoch has fewer than the backend takes at once."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    class Bars(Progress):
        def bar(self, total: int, purpose: str, unit: str) -> tqdm:
            shown.append(super().bar(total, purpose, unit))
            return shown[-1]

    shown: list[tqdm] = []
    picture = keras.Input((4, 4, 1))
    model = keras.Model(picture, keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(picture)))
    phase = Phase("all", Settings(epochs=2, batch=16, rate=1e-2))
    fitting = PhaseFitting(model, phase, (_dark_and_bright(36, 0), _dark_and_bright(8, 1)), seed=0)
    counts: list[float] = []
    fitting.run(State(), lambda _: counts.append(shown[0].n), Bars(io.StringIO(), Terminal()))
    assert (counts, shown[0].total) == ([3, 6], 6)


def test_an_interrupt_that_a_library_lost_ends_the_training_after_the_epoch() -> None:
    picture = keras.Input((4, 4, 1))
    model = keras.Model(picture, keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(picture)))
    phase = Phase("all", Settings(epochs=5, batch=16, rate=1e-2))
    fitting = PhaseFitting(model, phase, (_dark_and_bright(32, 0), _dark_and_bright(8, 1)), seed=0)
    interrupts: list[int] = []
    kept: list[State] = []

    def keep(state: State) -> None:
        kept.append(state)
        if len(kept) == 2:
            interrupts.append(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        fitting.run(State(), keep, Progress(io.StringIO(), io.StringIO(), interrupts))
    assert len(kept) == 2


def test_the_time_that_keeping_takes_is_in_the_seconds_of_the_epochs() -> None:
    picture = keras.Input((4, 4, 1))
    model = keras.Model(picture, keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(picture)))
    phase = Phase("all", Settings(epochs=3, batch=16, rate=1e-2))
    fitting = PhaseFitting(model, phase, (_dark_and_bright(32, 0), _dark_and_bright(8, 1)), seed=0)
    state = fitting.run(State(), lambda _: time.sleep(1.0), Progress(io.StringIO(), io.StringIO()))
    assert [epoch.seconds >= 1.0 for epoch in state.epochs[1:]] == [True, True]


def test_who_learns_from_small_batches_is_validated_in_smaller_ones() -> None:
    assert [choose_validation_batch(batch) for batch in (1, 4, 32, 128)] == [8, 32, 256, 256]
