"""What runs a model file: one file a family here, one row a backend in `table`."""

from runtime.backends.backend import Backend, TensorInfo
from runtime.backends.table import (
    BACKENDS,
    BackendRow,
    available_cores,
    choose_backend,
    default_threads,
    find_backends,
    open_backend,
)

__all__ = [
    "BACKENDS",
    "Backend",
    "BackendRow",
    "TensorInfo",
    "available_cores",
    "choose_backend",
    "default_threads",
    "find_backends",
    "open_backend",
]
