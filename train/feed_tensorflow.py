"""Batches as TensorFlow takes them, without the wait that its own pipelines end with.

A pipeline tunes itself in a thread that sleeps twice as long each time, and in TensorFlow 2.21 the end of an epoch
waits for it to wake, up to as long again as the epoch took. Keras makes such a pipeline of
arrays, and anew each epoch; here nothing tunes itself.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

_AT_ONCE, _AHEAD = 2, 4  # batches that are gathered, and that may wait


def open_dataset(values: np.ndarray, targets: np.ndarray, order: np.ndarray, batch: int) -> tf.data.Dataset:
    """Batches of ((values, targets), targets), the last one smaller, in the order that `order` has when it is read."""

    def gather(start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        chosen = order[start : start + batch]
        return values[chosen], targets[chosen]

    def read(start: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
        given, wanted = tf.numpy_function(gather, [start], (values.dtype, targets.dtype))
        given.set_shape((None, *values.shape[1:]))
        wanted.set_shape((None, *targets.shape[1:]))
        return (given, wanted), wanted

    options = tf.data.Options()
    options.autotune.enabled = False
    starts = tf.data.Dataset.range(0, len(order), batch)
    return starts.map(read, num_parallel_calls=_AT_ONCE, deterministic=True).prefetch(_AHEAD).with_options(options)
