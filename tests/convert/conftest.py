"""Trained networks and the data that trained them, made once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.convert.networks import train_clothes, train_colours, write_colours

SAMPLE = ROOT / "examples" / "fashion_mnist" / "fashion_mnist.npz"

pytest.importorskip("tensorflow", reason="TensorFlow is not installed: make install")


@dataclass(frozen=True)
class Trained:
    """A `.keras` file and the data that it learnt."""

    model: Path
    data: Path


@pytest.fixture(scope="session")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Says which colour an RGB picture has most of."""
    folder = tmp_path_factory.mktemp("colours")
    data = write_colours(folder / "colours.npz")
    return Trained(train_colours(data, folder / "colours.keras"), data)


@pytest.fixture(scope="session")
def clothes(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Says which garment of Fashion-MNIST a gray picture shows."""
    return Trained(train_clothes(SAMPLE, tmp_path_factory.mktemp("clothes") / "clothes.keras"), SAMPLE)
