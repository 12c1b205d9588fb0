"""What runs a model file: one file a family here, one row a backend in `table`."""

from runtime.backends.backend import (
    Backend,
    TensorInfo,
    input_range,
    keep_bytes,
    takes_bytes,
)
from runtime.backends.shapes import count_scores
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
    "count_scores",
    "default_threads",
    "find_backends",
    "input_range",
    "keep_bytes",
    "open_backend",
    "takes_bytes",
]
