"""The sample of Fashion-MNIST that the project carries."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples.fashion_mnist.make_sample import write_sample
from runtime.dataset import NAMED
from runtime.dataset.arrays import read_idx_folder
from tests.train.conftest import SAMPLE


def test_the_sample_has_as_many_pictures_of_each_class() -> None:
    with np.load(SAMPLE) as sample:
        assert (sample["x_train"].shape, sample["x_train"].dtype) == ((10_000, 28, 28), np.uint8)
        assert sample["x_test"].shape == (2_000, 28, 28)
        assert np.bincount(sample["y_train"]).tolist() == [1_000] * 10
        assert np.bincount(sample["y_test"]).tolist() == [200] * 10
        assert tuple(sample["labels"]) == NAMED["fashion_mnist"][0]


def test_the_sample_is_small_enough_to_be_carried() -> None:
    assert SAMPLE.stat().st_size <= 6_000_000


def test_the_script_makes_the_sample_that_is_here(data_dir: Path, tmp_path: Path) -> None:
    made = tmp_path / "fashion_mnist.npz"
    write_sample(read_idx_folder(data_dir / "fashion-mnist", NAMED["fashion_mnist"][0]), made)
    with np.load(made) as again, np.load(SAMPLE) as sample:
        for name in sample:
            np.testing.assert_array_equal(again[name], sample[name])
