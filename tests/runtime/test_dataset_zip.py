"""A zip of class folders, as people send them: read as the folder itself."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.dataset import open_dataset
from runtime.errors import DataError, PictureError

LABELS = ("개", "고양이 사진")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten pictures of each class, beside what systems leave there."""
    for value, label in enumerate(LABELS):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for number in range(10):
            picture = Image.new("RGB", (5, 6), (10 * value, number, 0))
            picture.save(tmp_path / "pets" / label / f"IMG {number}.png")
        (tmp_path / "pets" / label / "Thumbs.db").write_bytes(b"no picture")
    return tmp_path / "pets"


def _pack(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name))


def _named_otherwise(path: Path, encoding: str) -> Path:
    """The names in another encoding, and no word that they are UTF-8."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    packed = path.with_name(f"{encoding}.zip")
    with zipfile.ZipFile(packed, "w") as archive:
        for name, file in content.items():
            archive.writestr(name, file)
    written = packed.read_bytes()
    for label in LABELS:
        # As long as it was: the zip's own tables say where each file begins.
        other = label.encode(encoding).ljust(len(label.encode()), b"_")
        written = written.replace(label.encode(), other)
    flagged, plain = (0x800).to_bytes(2, "little"), bytes(2)
    for head in (b"PK\x03\x04\x14\x00", b"PK\x01\x02\x14\x03\x14\x00"):
        written = written.replace(head + flagged, head + plain)
    packed.write_bytes(written)
    return packed


def test_a_zip_is_read_as_its_folder(folder: Path) -> None:
    packed = _pack(folder)
    shutil.copy(packed, folder.parent / "PETS.ZIP")
    for split in ("train", "validation", "test"):
        expected = open_dataset(folder, split)
        for path in (packed, folder.parent / "PETS.ZIP"):
            data = open_dataset(path, split)
            assert data.labels == expected.labels == LABELS
            assert np.array_equal(data.targets, expected.targets)
            for number in range(len(data)):
                assert np.array_equal(np.asarray(data.read(number)), np.asarray(expected.read(number)))


def test_the_names_of_a_zip_from_a_mac_are_utf8_though_it_does_not_say_so(folder: Path) -> None:
    assert open_dataset(_named_otherwise(_pack(folder), "utf-8"), "train").labels == LABELS


def test_a_zip_of_names_in_an_encoding_that_it_does_not_tell_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match=r"does not say in what encoding its names are .*; unpack it"):
        open_dataset(_named_otherwise(_pack(folder), "cp949"), "train")


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_file_in_a_zip_is_one_picture_that_cannot_be_read(folder: Path, compression: int) -> None:
    packed = folder.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for file in sorted(folder.rglob("*.png")):
            archive.write(file, file.relative_to(folder.parent))
        place = archive.getinfo(f"pets/{LABELS[0]}/IMG 3.png").header_offset
    written = bytearray(packed.read_bytes())
    written[place + 60 : place + 80] = bytes(20)
    packed.write_bytes(written)
    errors: list[PictureError] = []
    data = open_dataset(packed, "all")
    assert len(list(data.pictures(errors.append))) == 19
    assert "IMG 3.png: cannot be unpacked (" in str(errors[0])


def test_a_file_without_a_name_in_a_zip_is_no_picture(folder: Path) -> None:
    packed = _pack(folder)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("name", b"")
        archive.filelist[-1].filename = ""
    assert open_dataset(packed, "train").labels == LABELS


def test_a_zip_that_cannot_be_used_is_told_why(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    locked = bytearray(_pack(folder).read_bytes())
    for place in range(len(locked) - 4):
        if locked[place : place + 4] == b"PK\x01\x02":
            locked[place + 8] |= 1  # encrypted
    (tmp_path / "locked.zip").write_bytes(locked)
    with zipfile.ZipFile(tmp_path / "outside.zip", "w") as archive:
        archive.writestr("../a/0.png", b"")
    told = {
        "text.zip": "cannot be read as a zip",
        "locked.zip": "needs a password; unpack it",
        "outside.zip": "lies outside of it; pack",
    }
    for name, words in told.items():
        with pytest.raises(DataError, match=words):
            open_dataset(tmp_path / name, "train")
