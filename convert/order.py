"""What a user wants converted, into what, by which pictures, and how much may be lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from convert.float_layers import FloatLayers
from convert.formats import Format
from convert.recipes import Recipe


@dataclass(frozen=True)
class Target:
    """One file to make. batch: None for an open one. float_layers: those that stay float32 all the same."""

    path: Path
    form: Format
    recipe: Recipe
    batch: int | None
    float_layers: FloatLayers = field(default_factory=FloatLayers)


@dataclass(frozen=True)
class Bounds:
    """min_agreement: share of equal answers, 0..1. max_drop: points of top-1 (0..100), None for any."""

    min_agreement: float = 0.97
    max_drop: float | None = None


@dataclass(frozen=True)
class Order:
    """A network and the files to make of it.

    data, golden: what runtime.dataset.open_dataset takes; golden is None where the card gets no samples.
    calibration_images, check_images: how many pictures at most. differences: the folder for pictures on which
    a file answers otherwise than the original, None for nowhere. with_cam: whether the files give a class
    activation map too.
    """

    model: Path
    targets: tuple[Target, ...]
    data: str
    data_dir: str | None = None
    golden: str | None = None
    calibration_images: int = 200
    check_images: int = 1000
    bounds: Bounds = Bounds()
    differences: Path | None = None
    with_cam: bool = False
