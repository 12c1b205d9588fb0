"""Labelled pictures from every layout that is accepted."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.dataset import DataSet, open_dataset
from runtime.errors import DataError, PictureError

ROOT = Path(__file__).parent.parent.parent


def write_pictures(folder: Path, count: int, level: int = 100) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        Image.fromarray(np.full((6, 5, 3), level, np.uint8)).save(folder / f"{number}.png")


@pytest.fixture
def class_folders(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "pets" / "cat", 20, level=10)
    write_pictures(tmp_path / "pets" / "dog", 30, level=20)
    return tmp_path / "pets"


def all_splits(spec: Path) -> dict[str, DataSet]:
    return {split: open_dataset(spec, split) for split in ("train", "validation", "test")}


def test_class_folders_are_split_by_class_with_none_in_two_splits(class_folders: Path) -> None:
    splits = all_splits(class_folders)
    assert {name: np.bincount(data.targets).tolist() for name, data in splits.items()} == {
        "train": [16, 24],
        "validation": [2, 3],
        "test": [2, 3],
    }
    assert all(data.labels == ("cat", "dog") for data in splits.values())
    again = all_splits(class_folders)
    assert all(np.array_equal(data.targets, again[name].targets) for name, data in splits.items())


def test_pictures_belong_to_their_classes(class_folders: Path) -> None:
    for data in all_splits(class_folders).values():
        for number, picture in data.pictures(pytest.fail):
            assert np.asarray(picture).max() == (10, 20)[data.targets[number]]


def test_each_picture_is_found_where_the_data_has_it(class_folders: Path) -> None:
    """Whichever split it came into, so that a wrong label can be put right."""
    for level in range(20):
        Image.fromarray(np.full((6, 5, 3), level, np.uint8)).save(class_folders / "cat" / f"{level}.png")
    data = open_dataset(class_folders, "test")
    for number, picture in data.pictures(pytest.fail):
        file = class_folders / data.where(number)
        assert file.parent.name == data.labels[data.targets[number]]
        assert np.array_equal(Image.open(file), picture)  # type: ignore[arg-type]


def test_a_picture_in_a_form_that_is_not_read_is_told_not_passed_over(class_folders: Path) -> None:
    (class_folders / "cat" / "phone.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    with tarfile.open(class_folders.with_suffix(".tar"), "w") as archive:
        archive.add(class_folders, "pets")
    for data in (class_folders, class_folders.with_suffix(".tar")):
        errors: list[PictureError] = []
        assert len(list(open_dataset(data, "all").pictures(errors.append))) == 50
        assert [str(error).partition(": ")[0] for error in errors] == [str(data / "cat" / "phone.HEIC")]


def test_a_tar_is_read_as_its_folder(class_folders: Path, tmp_path: Path) -> None:
    for suffix, mode in ((".tar", "w"), (".tar.gz", "w:gz")):
        path = tmp_path / f"pets{suffix}"
        with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
            archive.add(class_folders, "pets")
        from_tar, from_folder = open_dataset(path, "train"), open_dataset(class_folders, "train")
        assert from_tar.labels == from_folder.labels
        assert np.array_equal(from_tar.targets, from_folder.targets)
        assert np.array_equal(np.asarray(from_tar.read(7)), np.asarray(from_folder.read(7)))


def test_split_folders_are_used_as_they_are(tmp_path: Path) -> None:
    for split, count in (("train", 10), ("val", 4), ("test", 3)):
        for label in ("a", "b"):
            write_pictures(tmp_path / split / label, count)
    splits = all_splits(tmp_path)
    assert {name: len(data) for name, data in splits.items()} == {"train": 20, "validation": 8, "test": 6}


def test_a_class_missing_in_a_split_keeps_the_numbers_of_the_others(tmp_path: Path) -> None:
    for label in ("a", "b", "c"):
        write_pictures(tmp_path / "train" / label, 10)
    for label in ("b", "c"):
        write_pictures(tmp_path / "test" / label, 1)
    data = open_dataset(tmp_path, "test")
    assert data.labels == ("a", "b", "c")
    assert data.targets.tolist() == [1, 2]


def test_a_table_of_labels_names_the_classes(tmp_path: Path) -> None:
    write_pictures(tmp_path / "flat", 3)
    (tmp_path / "flat" / "labels.csv").write_text("file,label\n0.png,dog\n2.png,cat\n1.png,dog\n")
    data = open_dataset(tmp_path / "flat", "all")
    assert data.labels == ("cat", "dog")
    assert data.targets.tolist() == [1, 0, 1]
    (tmp_path / "flat" / "labels.csv").write_text("file,class_index\n0.png,5\n2.png,7\n")
    data = open_dataset(tmp_path / "flat", "all")
    assert data.labels == ()
    assert data.targets.tolist() == [5, 7]
    assert data.targets_in(["x"] * 8).tolist() == [5, 7]
    with pytest.raises(DataError, match="class index 7"):
        data.targets_in(["x"] * 7)


def test_pictures_without_classes_are_unlabelled(tmp_path: Path) -> None:
    write_pictures(tmp_path / "flat", 30)
    data = open_dataset(tmp_path / "flat", "train")
    assert len(data) == 24
    assert not data.is_labelled


def test_classes_are_matched_to_a_models_labels_by_name(class_folders: Path) -> None:
    data = open_dataset(class_folders, "test")
    assert set(data.targets_in(["Dog", "bird", "CAT"]).tolist()) == {0, 2}
    with pytest.raises(
        DataError, match=r"1 of its 2 classes \(dog\) are not among the model's 2 labels \(cat, bird\); give"
    ):
        data.targets_in(["cat", "bird"])


def test_classes_and_files_named_by_a_mac_have_the_names_that_are_typed(tmp_path: Path) -> None:
    """It takes 한 and é apart in names of files, to what looks the same."""
    for label in ("개", "고양이", "café"):
        write_pictures(tmp_path / unicodedata.normalize("NFD", label), 10)
    data = open_dataset(tmp_path, "train")
    assert data.labels == ("café", "개", "고양이")
    apart = [unicodedata.normalize("NFD", label) for label in data.labels]  # in a model made before this was so
    assert np.array_equal(data.targets_in(apart), data.targets)
    write_pictures(tmp_path / "flat", 1)
    (tmp_path / "flat" / "0.png").rename(tmp_path / "flat" / unicodedata.normalize("NFD", "사진.png"))
    (tmp_path / "flat" / "labels.csv").write_text("file,label\n사진.png,개\n", "utf-8")
    assert np.asarray(open_dataset(tmp_path / "flat", "all").read(0)).shape == (6, 5, 3)


def test_a_sample_takes_an_equal_share_of_each_class(class_folders: Path) -> None:
    sample = open_dataset(class_folders, "train").sample(10)
    assert np.bincount(sample.targets).tolist() == [5, 5]
    assert len(open_dataset(class_folders, "train").sample(1000)) == 40
    again = open_dataset(class_folders, "train").sample(10)
    assert np.array_equal(sample.targets, again.targets)


def test_arrays_in_the_keras_layout_are_read(tmp_path: Path) -> None:
    x = np.arange(40 * 4 * 4, dtype=np.uint8).reshape(40, 4, 4)
    y = np.arange(40).reshape(-1, 1) % 2
    np.savez(tmp_path / "d.npz", x_train=x, y_train=y, x_test=x[:8], y_test=y[:8], labels=np.array(["even", "odd"]))
    test = open_dataset(tmp_path / "d.npz", "test")
    assert test.labels == ("even", "odd")
    assert np.array_equal(np.asarray(test.read(3)), x[3])
    assert len(open_dataset(tmp_path / "d.npz", "train")) + len(open_dataset(tmp_path / "d.npz", "validation")) == 40


def test_idx_files_are_read(tmp_path: Path) -> None:
    pictures = np.arange(30 * 2 * 3, dtype=np.uint8).reshape(30, 2, 3)
    head = b"\0\0\x08\x03" + np.array(pictures.shape, ">i4").tobytes()
    labels = b"\0\0\x08\x01" + np.array([30], ">i4").tobytes() + bytes(i % 3 for i in range(30))
    for stem in ("train", "t10k"):
        (tmp_path / f"{stem}-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + pictures.tobytes()))
        (tmp_path / f"{stem}-labels-idx1-ubyte").write_bytes(labels)
    data = open_dataset(tmp_path, "test")
    assert np.array_equal(np.asarray(data.read(4)), pictures[4])
    assert data.targets[:4].tolist() == [0, 1, 2, 0]
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + pictures.tobytes()[:-1]))
    with pytest.raises(DataError, match="truncated"):
        open_dataset(tmp_path, "test")


def test_the_sample_of_fashion_mnist_is_whole() -> None:
    path = ROOT / "examples" / "fashion_mnist" / "fashion_mnist.npz"
    test = open_dataset(path, "test")
    assert np.bincount(test.targets).tolist() == [200] * 10
    assert test.labels[9] == "Ankle boot"
    assert path.stat().st_size <= 6_000_000
    assert (path.parent / "LICENSE").exists()


def test_named_data_is_found_in_a_folder(data_dir: Path) -> None:
    assert len(open_dataset("mnist", "test", data_dir)) == 10_000
    assert open_dataset("fashion_mnist", "test", data_dir).labels[0] == "T-shirt/top"
    assert len(open_dataset("cifar10", "test", data_dir)) == 10_000
    flowers = open_dataset(data_dir / "flowers5.tar", "test")
    assert np.bincount(flowers.targets).tolist() == [40] * 5


def test_data_that_cannot_be_used_is_told_with_what_was_expected(tmp_path: Path, class_folders: Path) -> None:
    (tmp_path / "nothing").mkdir()
    (tmp_path / "text.npz").write_text("no arrays")
    (tmp_path / "text.tar").write_text("no tar")
    loose = shutil.copytree(class_folders, tmp_path / "loose")
    shutil.copy(loose / "cat" / "0.png", loose)
    told = {
        "missing": "no such file or folder",
        "nothing": "no pictures in it",
        "text.npz": "is no .npz",
        "text.tar": "cannot be read as a tar",
        "loose": "beside the class folders",
    }
    for name, words in told.items():
        with pytest.raises(DataError, match=words):
            open_dataset(tmp_path / name, "train")
    with pytest.raises(DataError, match="--data-dir"):
        open_dataset("mnist", "train", tmp_path)
    with pytest.raises(DataError, match="expected one of train"):
        open_dataset(class_folders, "holdout")


def test_split_folders_are_known_by_other_names_and_in_capitals(tmp_path: Path) -> None:
    for folder in ("Training_Set", "Val", "TEST"):
        for label in ("a", "b"):
            write_pictures(tmp_path / folder / label, 3)
    assert {split: data.labels for split, data in all_splits(tmp_path).items()} == dict.fromkeys(
        ("train", "validation", "test"), ("a", "b")
    )


@pytest.mark.parametrize(
    ("folders", "words"),
    [
        (
            ("train/a", "train/b", "test/a", "extra/a"),
            "extra/ beside its splits test/ and train/; rename extra/ to train,",
        ),
        (
            ("training_set/a", "test_set/a", "single_prediction"),
            "single_prediction/ beside its splits test_set/ and training_set/;",
        ),
        (
            ("bus", "car", "train"),
            "bus/ beside train/, which is what splits are called; put the folders of all",
        ),
        (("a", "b", "test/a", "test/b"), "a/ beside test/, which is what splits are called; put the folders of all"),
    ],
)
def test_pictures_beside_the_splits_are_an_error_that_names_their_folder(
    tmp_path: Path, folders: tuple[str, ...], words: str
) -> None:
    """They would be learnt from, and tested with, too."""
    for folder in folders:
        write_pictures(tmp_path / "data" / folder, 3)
    with tarfile.open(tmp_path / "data.tar", "w") as archive:
        archive.add(tmp_path / "data", "data")
    for data in (tmp_path / "data", tmp_path / "data.tar"):
        for split in ("train", "validation", "test", "all"):
            with pytest.raises(DataError, match=rf"{data}: has pictures in {words}"):
                open_dataset(data, split)


def test_what_is_no_picture_in_a_folder_may_lie_beside_the_splits(tmp_path: Path) -> None:
    for folder in ("train/a", "train/b", "test/a", "notes"):
        write_pictures(tmp_path / folder, 3)
    for file in (tmp_path / "notes").iterdir():
        file.rename(file.with_suffix(".txt"))
    shutil.copy(tmp_path / "test" / "a" / "0.png", tmp_path / "overview.png")
    (tmp_path / "notes" / "labels.csv").write_text("file,label\n")
    assert {split: len(data) for split, data in all_splits(tmp_path).items()} == {
        "train": 4,
        "validation": 2,
        "test": 3,
    }


def test_classes_are_found_in_a_folder_within_others_beside_what_macos_leaves(tmp_path: Path) -> None:
    for label in ("a", "b"):
        write_pictures(tmp_path / "data" / "flowers" / label, 10)
    write_pictures(tmp_path / "__MACOSX" / "data", 1)
    assert open_dataset(tmp_path, "train").labels == ("a", "b")
    for suffix, mode in ((".tar.xz", "w:xz"), (".tar.bz2", "w:bz2"), (".TAR", "w")):
        with tarfile.open(tmp_path / f"packed{suffix}", mode) as archive:  # type: ignore[call-overload]
            archive.add(tmp_path / "data", "./data")
        packed = open_dataset(tmp_path / f"packed{suffix}", "train")
        assert packed.labels == ("a", "b")
        assert np.asarray(packed.read(0)).shape == (6, 5, 3)


def test_a_packed_table_of_labels_is_found_in_its_folder(tmp_path: Path) -> None:
    write_pictures(tmp_path / "flat", 3)
    (tmp_path / "flat" / "labels.csv").write_text("file,label\n0.png,dog\n2.png,cat\n1.png,dog\n")
    with tarfile.open(tmp_path / "flat.tar", "w") as archive:
        archive.add(tmp_path / "flat", "flat")
    assert open_dataset(tmp_path / "flat.tar", "all").labels == ("cat", "dog")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("file,label\n0.png,caf\xe9\n".encode("latin-1"), "cannot be read .*; save it as CSV in UTF-8"),
        ("file,label\n0.png,dog\n".encode("utf-16"), "cannot be read .*; save it as CSV in UTF-8"),
        (b"file,label\n0.png," + b"l" * 200_000 + b"\n", r"cannot be read \(field larger than"),
        (b"file,label\n0.png,dog\n1.png\n", r"has no label for 1 files \(1.png, ...\); add it"),
        (b"file,label\n0.png,dog\n1.png, \n2.png,\n", r"has no label for 2 files \(1.png, ...\); add it"),
        (b"file,class_index\n0.png,1\n1.png\n", "has the class_index None; expected whole numbers from 0 on"),
        (b"label,file\ndog\n", r"names 1 files that are not there"),
        (b"file,class_index\n0.png,-5\n", "has the class_index '-5'; expected"),
        (b"file,class_index\n0.png,1e3\n", "has the class_index '1e3'; expected"),
        (b"file,class_index\n0.png,99999999999999999999\n", "has the class_index '9+'; expected"),
    ],
)
def test_a_table_of_labels_that_is_damaged_or_incomplete_is_refused(tmp_path: Path, table: bytes, message: str) -> None:
    write_pictures(tmp_path / "flat", 3)
    (tmp_path / "flat" / "labels.csv").write_bytes(table)
    with pytest.raises(DataError, match=f"labels.csv {message}"):
        open_dataset(tmp_path / "flat", "all")


def test_a_table_of_labels_may_come_from_a_spreadsheet(tmp_path: Path) -> None:
    """With a byte order mark, its lines ended as Windows ends them, and commas within quotes."""
    write_pictures(tmp_path / "flat", 2)
    (tmp_path / "flat" / "labels.csv").write_bytes('\ufefffile,label\r\n0.png,"tabby, cat"\r\n1.png,dog\r\n'.encode())
    assert open_dataset(tmp_path / "flat", "all").labels == ("dog", "tabby, cat")


@pytest.mark.parametrize("name", ["../daisy/0.png", "/daisy/0.png", "daisy/../../0.png"])
def test_a_tar_with_files_outside_of_it_is_refused(tmp_path: Path, class_folders: Path, name: str) -> None:
    with tarfile.open(tmp_path / "odd.tar", "w") as archive:
        archive.add(class_folders, "pets")
        member = tarfile.TarInfo(name)
        archive.addfile(member)
    with pytest.raises(DataError, match="lies outside of it; pack"):
        open_dataset(tmp_path / "odd.tar", "train")


PICTURES = np.zeros((8, 4, 4), np.uint8)
CLASSES = np.arange(8) % 2


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"y_train": np.array(["a", "b"] * 4)}, "the class 'a'; expected whole numbers"),
        ({"y_train": CLASSES + 0.5}, "the class 0.5; expected whole numbers"),
        ({"y_train": CLASSES - 1}, "the class -1; expected whole numbers"),
        ({"y_train": CLASSES * np.nan}, "the class nan; expected whole numbers"),
        (
            {"y_train": np.eye(8, dtype=np.uint8)},
            r"classes of shape \(8, 8\); expected .* \(of one-hot: y.argmax\(1\)\)$",
        ),
        ({"y_train": CLASSES * 2_000_000_000}, "only 8 pictures"),
        ({"x_train": np.zeros((8, 4, 4, 4), np.uint8)}, "x 3 for RGB"),
        ({"x_train": np.zeros((8, 3, 9, 9), np.uint8)}, "x 3 for RGB"),
        ({"x_train": np.zeros((8, 0, 4), np.uint8)}, "x 3 for RGB"),
        ({"x_train": np.zeros((8, 4, 4), np.float32)}, "float32 pictures"),
        ({"labels": np.array(["a", "a"])}, "the label 'a' more than once"),
        ({"labels": np.array([{"a": 1}], dtype=object)}, "is no .npz of pictures"),
    ],
)
def test_arrays_that_are_no_pictures_with_classes_are_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray], words: str
) -> None:
    np.savez(tmp_path / "d.npz", **{"x_train": PICTURES, "y_train": CLASSES, **arrays})  # type: ignore[arg-type]
    with pytest.raises(DataError, match=words):
        open_dataset(tmp_path / "d.npz", "train")


def test_a_compressed_tar_by_the_name_of_a_plain_one_gives_the_same_pictures(
    tmp_path: Path, class_folders: Path
) -> None:
    with tarfile.open(tmp_path / "pets.tar", "w:gz") as archive:
        archive.add(class_folders, "pets")
    for number, picture in (data := open_dataset(tmp_path / "pets.tar", "test")).pictures(pytest.fail):
        assert np.asarray(picture).max() == (10, 20)[data.targets[number]]


def test_one_array_named_npz_and_a_rar_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "one.npz").open("wb") as file:
        np.save(file, PICTURES)
    with pytest.raises(DataError, match=r"is no \.npz of pictures"):
        open_dataset(tmp_path / "one.npz", "train")
    (tmp_path / "pictures.rar").write_bytes(b"Rar!")
    with pytest.raises(DataError, match="unpack others"):
        open_dataset(tmp_path / "pictures.rar", "train")
