"""--save-frames: whole pictures under safe names, no more than asked for."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.errors import OutputError, UsageError
from runtime.sinks.frame_files import FrameFiles, FrameFolder, SaveLimit
from tests.runtime.results import labelled, make_result
from tests.runtime.small_disk import small_disk

RED = np.broadcast_to(np.uint8((255, 0, 0)), (32, 32, 3))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("Egyptian cat", "Egyptian-cat"),
        ("../../etc/passwd", "-etc-passwd"),
        ("; rm -rf / #", "-rm-rf-"),
        ("a" * 200, "a" * 40),
        ("猫\udcff\n", "猫-"),
        ("CON.jpg\0", "CON-jpg-"),
        ("", ""),
    ],
)
def test_any_label_makes_a_safe_file_name(tmp_path: Path, label: str, shown: str) -> None:
    sink = FrameFiles(FrameFolder(tmp_path / "frames", SaveLimit()))
    sink.write(labelled(label, 0.874, index=42))
    (name,) = names_in(tmp_path / "frames")
    assert re.fullmatch(rf"\d{{8}}T\d{{6}}\.\d{{3}}Z_000042_{re.escape(shown)}_0\.87\.jpg", name)


def test_the_picture_saved_is_the_one_that_the_network_saw(tmp_path: Path) -> None:
    sink = FrameFiles(FrameFolder(tmp_path, SaveLimit()))
    sink.write(make_result(1, image=RED))
    sink.write(make_result(1, index=1, image=RED[:, :, 1:2]))
    coloured, gray = (np.asarray(Image.open(tmp_path / name)).astype(int) for name in names_in(tmp_path))
    assert coloured.shape == (32, 32, 3)
    assert np.abs(coloured - (255, 0, 0)).max() <= 3  # JPEG
    assert gray.shape == (32, 32)
    assert gray.max() <= 3


def test_no_more_than_so_many_are_kept_and_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    (tmp_path / "20200101T000000.000Z_000001_cat_0.90.jpg.part").write_bytes(b"half")
    for run in range(2):
        sink = FrameFiles(FrameFolder(tmp_path, SaveLimit(count=5, size=None)))
        for index in range(4):
            sink.write(make_result(1, at=1000 + 10 * run + index, index=index))
    saved = [name for name in names_in(tmp_path) if name != "holiday.jpg"]
    assert [int(name.split("_")[1]) for name in saved] == [3, 0, 1, 2, 3]
    assert (tmp_path / "holiday.jpg").read_bytes() == b"mine"


def test_no_more_than_so_many_bytes_are_kept(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    sink = FrameFiles(FrameFolder(tmp_path, SaveLimit(count=None, size=50_000)))
    for index in range(30):
        sink.write(make_result(1, at=1000 + index, index=index, image=noise))
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert 50_000 - max(sizes) < sum(sizes) <= 50_000
    assert int(names_in(tmp_path)[-1].split("_")[1]) == 29
    FrameFiles(FrameFolder(tmp_path, SaveLimit(count=2, size=None)))
    assert len(names_in(tmp_path)) == 2


def test_a_full_disk_leaves_no_half_picture(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk:
        sink = FrameFiles(FrameFolder(disk, SaveLimit()))
        (disk / "filler").write_bytes(bytes(60_000))
        noise = np.random.default_rng(1).integers(0, 256, (128, 128, 3), np.uint8)
        with pytest.raises(OSError, match="No space left"):
            sink.write(make_result(1, image=noise))
        assert names_in(disk) == ["filler"]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("1000", SaveLimit(1000, None)),
        ("500MB", SaveLimit(None, 500_000_000)),
        ("20, 1GB", SaveLimit(20, 1_000_000_000)),
        ("1kB,3", SaveLimit(3, 1000)),
    ],
)
def test_a_limit_is_a_number_a_size_or_both(text: str, limit: SaveLimit) -> None:
    assert SaveLimit.parse(text) == limit


@pytest.mark.parametrize("text", ["", "0", "many", "1,2", "1MB,2MB", "-3", "1,2,3MB"])
def test_a_limit_that_makes_no_sense_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="--save-limit"):
        SaveLimit.parse(text)


def test_a_folder_that_cannot_be_made_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="--save-frames"):
        FrameFiles(FrameFolder(tmp_path / "file" / "frames", SaveLimit()))
