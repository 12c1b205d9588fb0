"""Python's garbage collection while copies of all weights are made and dropped."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def eager_collection() -> Iterator[None]:
    """Let Python collect often, looking at new objects only.

    tf2onnx drops a copy of all weights, in a reference cycle, at each of its 24 passes: 1.4 GB of garbage for
    an EfficientNet-Lite0 with Python's own thresholds, none with these, at no cost in time.
    """
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 5, 1)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
