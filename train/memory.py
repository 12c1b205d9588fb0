"""What this process does with memory that it no longer needs."""

from __future__ import annotations

import ctypes
import sys

# malloc.h of glibc
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
_NEVER, _AHEAD_BYTES = 2**31 - 1, 64 << 20


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
