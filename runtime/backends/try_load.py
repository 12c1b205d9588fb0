"""A program that loads a model file and shows it a gray picture. It may die of that: see runtime.model_check."""

from __future__ import annotations

import contextlib
import signal
import sys
from pathlib import Path

# Exit statuses besides 0: the backend said in words what is wrong, or there was too little memory for Python itself.
REFUSED, NO_MEMORY = 1, 3


def main(path: str, backend: str, seconds: str) -> int:
    """seconds: after which it ends itself, in case that nobody waits for it any more."""
    _die_alone(int(seconds))
    import numpy as np

    from runtime.backends.table import open_backend
    from runtime.errors import EdgeframeError

    try:
        opened = open_backend(Path(path), name=backend, threads=1)
        height, width, channels = opened.input_shape
        opened.run(np.full((height or 1, width or 1, channels), 128, np.uint8))
    except EdgeframeError:
        return REFUSED
    except MemoryError:
        return NO_MEMORY
    return 0


def _die_alone(seconds: int) -> None:
    """Leave no core file, end in time, and be the first that the system kills when its memory runs out."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
