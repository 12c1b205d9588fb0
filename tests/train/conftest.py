"""Small data to train on, and an environment without network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from skimage import data as skimage_data

from tests.conftest import ROOT

SAMPLE = ROOT / "examples" / "fashion_mnist" / "fashion_mnist.npz"
_COUNTS = {"x_train": 2000, "y_train": 2000, "x_test": 500, "y_test": 500}


@pytest.fixture
def forget_networks() -> Iterator[None]:
    """Keras keeps what it built; of large networks that would be gigabytes."""
    yield
    keras.backend.clear_session()


@pytest.fixture(scope="session")
def offline(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with an empty Keras cache, no network and a fixed date (2 January 1970)."""
    cache = tmp_path_factory.mktemp("keras_home")
    return {**os.environ, "KERAS_HOME": str(cache), "https_proxy": "http://127.0.0.1:9", "SOURCE_DATE_EPOCH": "86400"}


@pytest.fixture(scope="session")
def part_of_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 pictures of the sample of Fashion-MNIST to learn from, and 500 for the test."""
    path = tmp_path_factory.mktemp("data") / "clothes.npz"
    with np.load(SAMPLE) as whole:
        np.savez(path, labels=whole["labels"], **{name: whole[name][:count] for name, count in _COUNTS.items()})
    return path


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In class folders 12 parts of a photo of a cat and 12 of one of a cup, and a file that is no picture."""
    folder = tmp_path_factory.mktemp("cats_and_cups")
    for label, photo in (("cat", skimage_data.chelsea()), ("cup", skimage_data.coffee())):
        (folder / label).mkdir()
        for number in range(12):
            left = number * 12
            Image.fromarray(photo[:, left : left + 300]).save(folder / label / f"{number}.png")
    (folder / "cup" / "broken.jpg").write_text("no picture")
    return folder
