"""On how many devices a network learns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from runtime.errors import UsageError


@contextmanager
def all_devices() -> Iterator[int]:
    """Inside it a batch is shared among all GPUs (or virtual CPU devices) of this machine; gives their number.

    Each backend has its own data parallelism: keras.distribution for JAX, MirroredStrategy for TensorFlow. Raises
    UsageError for another backend.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        devices = keras.distribution.list_devices()
        keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False))
        try:
            yield len(devices)
        finally:
            keras.distribution.set_distribution(None)
    elif backend == "tensorflow":
        import tensorflow

        strategy = tensorflow.distribute.MirroredStrategy()
        with strategy.scope():
            yield strategy.num_replicas_in_sync
    else:
        raise UsageError(f"--devices all: KERAS_BACKEND is {backend}, expected tensorflow or jax")
