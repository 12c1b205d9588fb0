"""Which pictures calibrate and which ones check, for each kind of data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convert.observer import Observer
from convert.pictures import choose_pictures, fit_pictures, span_input_range
from runtime.card import InputSize, ModelCard
from runtime.dataset import DataSet
from runtime.errors import DataError, PictureError

CARD = ModelCard("tiny", "tiny", ("a", "b", "c"), InputSize(4, 4))


def write_pictures(folder: Path, count: int, first: int = 0) -> Path:
    """Plain pictures, each of a gray of its own: `first`, `first` + 1 and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.new("RGB", (6, 6), (first + number,) * 3).save(folder / f"{number}.png")
    return folder


def grays(data: DataSet) -> set[int]:
    return {int(np.asarray(data.read(number))[0, 0, 0]) for number in range(len(data))}


def test_loose_pictures_calibrate_with_up_to_half_and_check_on_all_others(tmp_path: Path) -> None:
    folder = str(write_pictures(tmp_path, 10))
    choice = choose_pictures(folder, 3, 1000, None)
    assert (len(choice.calibration), len(choice.check)) == (3, 7)
    assert grays(choice.calibration) | grays(choice.check) == set(range(10))
    assert choice.check.split == "rest"
    assert len(choose_pictures(folder, 200, 1000, None).calibration) == 5
    assert len(choose_pictures(folder, 3, 2, None).check) == 2


def test_pictures_with_a_models_own_class_indices_do_so_too(tmp_path: Path) -> None:
    write_pictures(tmp_path, 10)
    rows = "".join(f"{number}.png,{number % 3}\n" for number in range(10))
    (tmp_path / "labels.csv").write_text(f"file,class_index\n{rows}")
    choice = choose_pictures(str(tmp_path), 4, 1000, None)
    assert not grays(choice.calibration) & grays(choice.check)
    assert choice.check.is_labelled
    assert len(choice.check) == 6


def test_the_choice_among_class_indices_is_stratified_too(tmp_path: Path) -> None:
    write_pictures(tmp_path, 60)
    # Of class 0 there are 50, of class 1 and 2 five each.
    rows = "".join(f"{number}.png,{max(0, number // 5 - 9)}\n" for number in range(60))
    (tmp_path / "labels.csv").write_text(f"file,class_index\n{rows}")
    choice = choose_pictures(str(tmp_path), 9, 6, None)
    assert np.bincount(choice.calibration.targets).tolist() == [3, 3, 3]
    assert np.bincount(choice.check.targets).tolist() == [2, 2, 2]


def test_class_folders_check_on_the_tenth_that_training_holds_out(tmp_path: Path) -> None:
    for place, label in enumerate("abc"):
        write_pictures(tmp_path / label, 20, first=place * 20)
    choice = choose_pictures(str(tmp_path), 12, 1000, None)
    assert (len(choice.calibration), choice.calibration.split) == (12, "train")
    assert (len(choice.check), choice.check.split) == (6, "test")
    assert not grays(choice.calibration) & grays(choice.check)
    assert np.bincount(choice.calibration.targets).tolist() == [4, 4, 4]


def test_data_with_a_test_split_of_its_own_checks_on_that(tmp_path: Path) -> None:
    for place, label in enumerate("ab"):
        write_pictures(tmp_path / "train" / label, 5, first=place * 5)
        write_pictures(tmp_path / "test" / label, 4, first=100 + place * 4)
    choice = choose_pictures(str(tmp_path), 200, 1000, None)
    assert grays(choice.calibration) <= set(range(10))
    assert grays(choice.check) == set(range(100, 108))


def test_loose_pictures_in_splits_check_on_their_test_split(tmp_path: Path) -> None:
    write_pictures(tmp_path / "train", 6)
    write_pictures(tmp_path / "test", 4, first=100)
    choice = choose_pictures(str(tmp_path), 200, 1000, None)
    assert grays(choice.check) == set(range(100, 104))


def test_the_choice_is_the_same_every_time(tmp_path: Path) -> None:
    folder = str(write_pictures(tmp_path, 30))
    first, second = (choose_pictures(folder, 7, 5, None) for _ in range(2))
    assert grays(first.calibration) == grays(second.calibration)
    assert grays(first.check) == grays(second.check)


def test_one_picture_is_too_few(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="1 picture"):
        choose_pictures(str(write_pictures(tmp_path, 1)), 200, 1000, None)


def test_a_picture_that_cannot_be_read_is_told_of_and_left_out(tmp_path: Path) -> None:
    for label in "ab":
        write_pictures(tmp_path / "train" / label, 3)
        write_pictures(tmp_path / "test" / label, 3)
    (tmp_path / "test" / "a" / "0.png").write_bytes(b"no picture")
    told: list[PictureError] = []

    class Listener(Observer):
        def skip(self, error: PictureError) -> None:
            told.append(error)

    fitted = fit_pictures(choose_pictures(str(tmp_path), 9, 9, None).check, CARD, Listener(), "reading")
    assert fitted.pictures.shape == (5, 4, 4, 3)
    assert fitted.targets is not None
    assert fitted.targets.tolist() == [0, 0, 1, 1, 1]
    assert len(told) == 1


def test_pictures_of_classes_that_the_model_lacks_are_refused(tmp_path: Path) -> None:
    for label in ("a", "zebra"):
        write_pictures(tmp_path / label, 5)
    with pytest.raises(DataError, match="zebra"):
        fit_pictures(choose_pictures(str(tmp_path), 9, 9, None).calibration, CARD, Observer(), "reading")


def test_calibration_pictures_reach_from_0_to_255_whatever_is_on_them() -> None:
    dull = np.full((3, 4, 4, 3), 100, np.uint8)
    spanning = span_input_range(dull)
    assert (spanning.min(), spanning.max()) == (0, 255)
    assert np.count_nonzero(spanning != dull) == 6
    assert (dull == 100).all()
