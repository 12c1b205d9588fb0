"""Loading Keras without its backend's chatter."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import warnings
from types import ModuleType

from runtime.errors import TrainingError
from runtime.interrupts import ended_at_once

_BACKENDS = ("tensorflow", "jax", "torch")
_EXPECTED = f"set KERAS_BACKEND to one of {', '.join(_BACKENDS)}"


def import_keras() -> ModuleType:
    """Keras on the backend that the user has chosen (KERAS_BACKEND, or ~/.keras/keras.json).

    TensorFlow writes to the process's stderr while it loads, before it looks at any setting: that is kept away.
    Raises TrainingError when Keras or its backend is not installed, or the backend is none that trains.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        with ended_at_once():  # it takes seconds, and nothing is written yet
            keras = importlib.import_module("keras")
            if importlib.util.find_spec("tensorflow"):
                importlib.import_module("tensorflow")  # Keras does so later, on every backend, where there is one
    except ModuleNotFoundError as error:
        raise TrainingError(f"{error.name} is not installed; pip install -e '.[train]' {error.name}") from None
    except ValueError as error:  # of a backend that Keras does not know
        raise TrainingError(f"Keras cannot be loaded ({error}); {_EXPECTED}") from None
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)
    if keras.backend.backend() not in _BACKENDS:
        raise TrainingError(f"Keras' backend is {keras.backend.backend()}, which does not train; {_EXPECTED}")
    warnings.filterwarnings("ignore", "Explicitly requested dtype int64")  # Keras' MixUp does so; JAX takes int32
    if not sys.stderr.isatty():
        keras.config.disable_interactive_logging()  # no bars of downloads in a pipe
    return keras
