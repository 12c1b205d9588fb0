"""The memory of this process: what it does with freed one, and where there is not enough."""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from runtime.errors import TrainingError

# malloc.h of glibc
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
_NEVER, _AHEAD_BYTES = 2**31 - 1, 64 << 20

# TensorFlow's and PyTorch's; JAX has one exception for all, whose text begins with RESOURCE_EXHAUSTED.
_OUT_OF_MEMORY = ("ResourceExhaustedError", "OutOfMemoryError")


def keep_freed_memory() -> None:
    """Let the C library keep freed memory for the next step, which needs as much, instead of giving it back.

    Each step of TensorFlow on a CPU frees hundreds of megabytes; taken from the system anew, every page of it is
    cleared first: a tenth of the time of a step, more in some virtual machines. No other library than glibc is
    changed. Call it before the memory is used.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return
    for parameter, value in ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _NEVER), (_TOP_PAD, _AHEAD_BYTES)):
        mallopt(parameter, value)


@contextmanager
def telling_of_memory() -> Iterator[None]:
    """Raises TrainingError where a backend finds no memory, of the machine or its GPU, for what is done inside."""
    try:
        yield
    except Exception as error:
        if type(error).__name__ not in _OUT_OF_MEMORY and "RESOURCE_EXHAUSTED" not in str(error):
            raise
        wanted = re.search(r"shape ?\[[\d,]+\]|[Aa]llocat\w* [\d.]+ ?\w+", str(error))
        raise TrainingError(
            f"not enough memory{f' ({wanted[0]})' if wanted else ''}; take a smaller --batch, --size or --model"
        ) from None
