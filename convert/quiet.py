"""Keeping TensorFlow, tf2onnx and onnxruntime to themselves: no logs on the terminal, no reports over the network."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """Silence Python's warnings and what C++ writes to standard error; `sys.stderr` itself still reaches it.

    C++ can only be silenced at the file descriptor. What goes wrong arrives as an exception all the same.
    """
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    # From 1.29 on, onnxruntime reports its use to Microsoft and leaves a file in /tmp, unless told before its import:
    # https://github.com/microsoft/onnxruntime/pull/27379
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    disabled = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), _native_stderr_closed():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


@contextlib.contextmanager
def _native_stderr_closed() -> Iterator[None]:
    python_stderr = sys.stderr
    python_stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        with open(kept, "w", encoding="utf-8", errors="replace", closefd=False) as sys.stderr:
            yield
    finally:
        sys.stderr = python_stderr
        os.dup2(kept, 2)
        os.close(kept)
