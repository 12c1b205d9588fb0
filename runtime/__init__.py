"""edgeframe's runtime: an image classifier on camera frames, with nothing heavy to import.

    import runtime

    for result in runtime.classify("camera", model="flowers.tflite"):
        print(result.label)

What is named here is imported when it is first used.
"""

from __future__ import annotations

import importlib

from runtime.version import __version__

TYPE_CHECKING = False  # as typing's, which takes longer to import than all else here
if TYPE_CHECKING:
    from runtime.card import Fit, InputSize, ModelCard, Normalisation
    from runtime.card_file import read_card
    from runtime.classification import classify
    from runtime.classifier import Classifier
    from runtime.errors import EdgeframeError
    from runtime.frame import Frame
    from runtime.result import Prediction, Result
    from runtime.sources import open_source

__all__ = [
    "Classifier",
    "EdgeframeError",
    "Fit",
    "Frame",
    "InputSize",
    "ModelCard",
    "Normalisation",
    "Prediction",
    "Result",
    "__version__",
    "classify",
    "open_source",
    "read_card",
]

_MODULES = {
    "Classifier": "runtime.classifier",
    "EdgeframeError": "runtime.errors",
    "Fit": "runtime.card",
    "Frame": "runtime.frame",
    "InputSize": "runtime.card",
    "ModelCard": "runtime.card",
    "Normalisation": "runtime.card",
    "Prediction": "runtime.result",
    "Result": "runtime.result",
    "classify": "runtime.classification",
    "open_source": "runtime.sources",
    "read_card": "runtime.card_file",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'runtime' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)
