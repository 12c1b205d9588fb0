"""Turning what a library raises into one line."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from convert.scratch import find_scratch_place
from runtime.errors import ConversionError, EdgeframeError

_LONGEST_REASON = 200
# Where in TensorFlow's own files the layer was traced, and onnxruntime's number of an error.
_NOISE = re.compile(r"\S*\.py:\d+:\d+: error:|\[ONNXRuntimeError\] : \d+ : \w+ : ")


class LeftInFloatError(ConversionError):
    """TensorFlow left layers in float32. layers: those which a recipe has to keep so, for the file to be made."""

    def __init__(self, text: str, layers: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.layers = layers


class UncorrectedError(ConversionError):
    """A network's biases cannot be corrected: a file is made with those that it has."""


@contextlib.contextmanager
def explain_failure(what: str, kind: type[ConversionError] = ConversionError) -> Iterator[None]:
    """Raise `what (reason)` as an error of that kind for whatever a library raises inside.

    The converters have no exceptions of their own that one could catch by name. Errors of edgeframe and of
    the disk (OSError) pass as they are.
    """
    try:
        yield
    except (EdgeframeError, OSError):
        raise
    except Exception as error:
        reason = " ".join(_NOISE.sub(" ", str(error)).split())[:_LONGEST_REASON] or type(error).__name__
        raise kind(f"{what} ({reason})") from None


@contextlib.contextmanager
def explain_disk(path: Path) -> Iterator[None]:
    """Raise a ConversionError that says what may be wrong where `path` cannot be written."""
    try:
        yield
    except OSError as error:
        raise ConversionError(
            f"{path}: not written ({error}); see that you may write there, and that there is space there "
            f"and in {find_scratch_place()}"
        ) from None
