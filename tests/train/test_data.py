"""What is checked of the data before a training begins."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.errors import DataError
from tests.train.conftest import SAMPLE
from train.data import open_training_data


def _save_pictures(folder: Path, count: int = 10, mode: str = "RGB") -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        Image.new(mode, (8, 8), number).save(folder / f"{number}.png")


def test_the_sample_is_split_into_what_is_learnt_validated_and_tested() -> None:
    data = open_training_data(str(SAMPLE), None)
    assert (data.name, data.labels[9]) == ("fashion_mnist.npz", "Ankle boot")
    for part, of_each_class in ((data.train, 900), (data.validation, 100), (data.test, 200)):
        assert np.bincount(part.targets).tolist() == [of_each_class] * 10
    assert data.are_gray()


def test_a_class_missing_from_the_test_pictures_keeps_the_numbers_of_the_others(tmp_path: Path) -> None:
    for label in ("apple", "pear", "quince"):
        _save_pictures(tmp_path / "train" / label)
    _save_pictures(tmp_path / "test" / "quince")
    data = open_training_data(str(tmp_path), None)
    assert {data.labels[target] for target in data.test.targets} == {"quince"}


def test_one_coloured_picture_makes_a_data_set_coloured(tmp_path: Path) -> None:
    _save_pictures(tmp_path / "apple", mode="L")
    _save_pictures(tmp_path / "pear", mode="L")
    assert open_training_data(str(tmp_path), None).are_gray()
    _save_pictures(tmp_path / "quince", mode="RGB")
    assert not open_training_data(str(tmp_path), None).are_gray()


def test_one_class_is_an_error(tmp_path: Path) -> None:
    _save_pictures(tmp_path / "apple")
    with pytest.raises(DataError, match=r"one class only \(apple\); a classifier needs 2 or more"):
        open_training_data(str(tmp_path), None)


@pytest.mark.parametrize("parent", ["", "train"])
def test_a_class_folder_without_pictures_is_an_error_that_names_it(tmp_path: Path, parent: str) -> None:
    for label in ("apple", "pear"):
        _save_pictures(tmp_path / parent / label)
    (tmp_path / parent / "quince").mkdir()
    with pytest.raises(DataError, match="quince: has no pictures; add some, or remove the folder"):
        open_training_data(str(tmp_path), None)


def test_a_class_may_have_the_name_of_a_split_within_the_folder_of_one(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for label in ("bus", "train"):
            _save_pictures(tmp_path / split / label)
    assert open_training_data(str(tmp_path), None).labels == ("bus", "train")


def test_what_macos_packs_beside_the_pictures_is_no_class_without_pictures(tmp_path: Path) -> None:
    for label in ("apple", "pear"):
        _save_pictures(tmp_path / label)
    (tmp_path / "__MACOSX" / "apple").mkdir(parents=True)
    assert open_training_data(str(tmp_path), None).labels == ("apple", "pear")


def test_classes_whose_names_differ_in_capitals_only_stay_apart(tmp_path: Path) -> None:
    for number, label in enumerate(("Apple", "apple")):
        _save_pictures(tmp_path / label, 10 * (number + 1))
    data = open_training_data(str(tmp_path), None)
    assert data.labels == ("Apple", "apple")
    assert [np.bincount(part.targets).tolist() for part in (data.validation, data.test)] == [[1, 2], [1, 2]]


def test_a_class_with_test_pictures_only_is_an_error_that_names_it(tmp_path: Path) -> None:
    for label in ("apple", "pear"):
        _save_pictures(tmp_path / "train" / label)
    _save_pictures(tmp_path / "test" / "quince")
    with pytest.raises(DataError, match=r"1 of 3 classes have no training pictures \(quince\)"):
        open_training_data(str(tmp_path), None)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_split_of_which_nothing_can_be_read_is_an_error_before_the_training(tmp_path: Path, split: str) -> None:
    for label in ("apple", "pear"):
        _save_pictures(tmp_path / "train" / label)
        (tmp_path / split / label).mkdir(parents=True)
        (tmp_path / split / label / "0.png").write_text("no picture")
    with pytest.raises(DataError, match=f"none of its 2 {split} pictures can be read"):
        open_training_data(str(tmp_path), None)
    _save_pictures(tmp_path / split / "quince")
    _save_pictures(tmp_path / "train" / "quince")
    assert len(getattr(open_training_data(str(tmp_path), None), split)) > 2


@pytest.mark.parametrize("folder", ["val", "test"])
def test_a_split_without_class_names_is_an_error_before_the_training(tmp_path: Path, folder: str) -> None:
    for label in ("apple", "pear"):
        _save_pictures(tmp_path / "train" / label)
    _save_pictures(tmp_path / folder)
    with pytest.raises(DataError, match=rf"pictures \({folder}/0.png\) have no class names; .* or move {folder}/ away"):
        open_training_data(str(tmp_path), None)
    shutil.rmtree(tmp_path / folder)
    assert len(open_training_data(str(tmp_path), None).test) == 2


def test_pictures_without_class_folders_are_an_error_that_says_where_they_go(tmp_path: Path) -> None:
    _save_pictures(tmp_path / "pictures")
    with pytest.raises(DataError, match="no class names; put those of each class into a folder of its name"):
        open_training_data(str(tmp_path / "pictures"), None)


def test_a_named_data_set_is_read_from_the_folder_that_has_it(data_dir: Path) -> None:
    data = open_training_data("mnist", data_dir)
    assert (data.name, data.labels) == ("mnist", tuple("0123456789"))
    assert (len(data.train) + len(data.validation), len(data.test)) == (60_000, 10_000)
