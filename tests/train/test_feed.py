"""The examples as a network gets them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest

from train.feed import Feed, open_feed
from train.reading import Examples


class _Listener(keras.layers.Layer):  # type: ignore[misc]
    """Counts how often each picture, which holds its own number, went through it."""

    def build(self, shape: Any) -> None:
        self.seen = self.add_weight(shape=(10,), initializer="zeros", trainable=False)

    def call(self, numbers: Any) -> Any:
        places = keras.ops.cast(numbers[:, 0], "int32")
        self.seen.assign_add(keras.ops.sum(keras.ops.one_hot(places, 10), axis=0))
        return numbers


@pytest.fixture
def feed() -> Iterator[Feed]:
    values = np.arange(10, dtype=np.float32)[:, None]
    yield open_feed(Examples(values, np.arange(10) % 2, np.arange(10)), classes=2, batch=4)


def _listening() -> tuple[keras.Model, _Listener]:
    numbers, targets, listener = keras.Input((1,)), keras.Input((2,)), _Listener()
    model = keras.Model([numbers, targets], keras.layers.Dense(2)(listener(numbers)) + 0 * targets)
    model.compile("sgd", "mse")
    return model, listener


def test_an_epoch_shows_each_example_once(feed: Feed) -> None:
    model, listener = _listening()
    assert feed.steps == 3
    feed.fit(model, np.array([7, 1, 8, 0, 2, 9, 3, 4, 6, 5]), [])
    assert np.array_equal(keras.ops.convert_to_numpy(listener.seen), np.ones(10))
    feed.evaluate(model)
    assert np.array_equal(keras.ops.convert_to_numpy(listener.seen), np.full(10, 2))


def test_a_value_stays_with_its_target_in_the_order_that_is_given(feed: Feed) -> None:
    order = np.array([7, 1, 8, 0, 2, 9, 3, 4, 6, 5])
    feed.order[:] = order
    batches = list(feed.batches)
    numbers = np.concatenate([np.asarray(values)[:, 0] for (values, _), _ in batches])
    given = np.concatenate([np.asarray(targets) for (_, targets), _ in batches])
    wanted = np.concatenate([np.asarray(targets) for _, targets in batches])
    assert [len(targets) for _, targets in batches] == [4, 4, 2]
    assert np.array_equal(numbers, order)
    assert np.array_equal(given, wanted)
    assert np.array_equal(wanted, np.eye(2)[order % 2])


def test_devices_get_as_much_each_and_what_is_left_over_is_left_out() -> None:
    examples = Examples(np.zeros((11, 1), np.float32), np.zeros(11, int), np.arange(11))
    feed = open_feed(examples, classes=2, batch=5, devices=2)
    assert (feed.batch, len(feed.targets)) == (4, 10)
