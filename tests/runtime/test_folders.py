"""Listing the files of a folder through links."""

from __future__ import annotations

from pathlib import Path

from runtime.dataset import open_dataset
from runtime.folders import list_files
from tests.runtime.test_dataset import write_pictures


def test_a_folder_that_a_link_names_again_is_listed_by_both_names(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for label in ("a", "b"):
            write_pictures(tmp_path / split / label, 2)
    (tmp_path / "validation").symlink_to("test")
    assert [len(open_dataset(tmp_path, split)) for split in ("train", "validation", "test")] == [4, 4, 4]


def test_links_that_lead_back_to_a_folder_above_end(tmp_path: Path) -> None:
    for folder, other in (("x", "y"), ("y", "x")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").touch()
        (tmp_path / folder / "up").symlink_to(tmp_path)
        (tmp_path / folder / other).symlink_to(tmp_path / other)
    assert list_files(tmp_path) == ["x/file", "x/y/file", "y/file", "y/x/file"]
    assert list_files(tmp_path / "x") == ["file", "up/y/file", "y/file"]
