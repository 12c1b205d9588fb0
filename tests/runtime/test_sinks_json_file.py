"""--out: whole lines, rotated by size, and a disk that is full."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from runtime.errors import OutputError
from runtime.sinks.background import Background
from runtime.sinks.json_file import JsonFile
from tests.runtime.results import make_result, wait_until
from tests.runtime.small_disk import small_disk


def read_lines(path: Path) -> list[int]:
    """The frames' numbers in a file of JSON lines, each of which is whole."""
    content = path.read_text()
    assert content == "" or content.endswith("\n")
    return [json.loads(line)["index"] for line in content.splitlines()]


def test_each_line_is_in_the_file_when_it_is_written_and_later_runs_append(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    for run in range(2):
        sink = JsonFile(path)
        for index in range(3):
            sink.write(make_result(1, index=index))
            assert read_lines(path) == [0, 1, 2] * run + list(range(index + 1))
        sink.close()


def test_the_file_is_rotated_by_size_and_the_oldest_go(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    sink = JsonFile(path, max_bytes=5000, kept=3)
    for index in range(100, 200):
        sink.write(make_result(1, index=index))
    sink.close()
    names = ["results.jsonl.3", "results.jsonl.2", "results.jsonl.1", "results.jsonl"]
    assert {path.name for path in tmp_path.iterdir()} == set(names)
    indices = [index for name in names for index in read_lines(tmp_path / name)]
    assert indices == list(range(indices[0], 200))
    assert indices[0] > 100
    assert all((tmp_path / name).stat().st_size <= 5000 for name in names)


def test_a_file_that_cannot_be_renamed_is_emptied_and_written_on_and_that_is_told_once(tmp_path: Path) -> None:
    """As in a folder that may not be written; a folder in the way stops root, too."""
    path = tmp_path / "results.jsonl"
    (tmp_path / "results.jsonl.1" / "kept").mkdir(parents=True)
    told: list[str] = []
    background = Background(JsonFile(path, max_bytes=5000, kept=1, tell=told.append), "--out", tell=told.append)
    for index in range(100):
        background.write(make_result(1, index=index))
    background.close()
    written = read_lines(path)
    assert written == list(range(written[0], 100))
    assert 0 < path.stat().st_size <= 5000
    (message,) = told
    assert message.startswith(f"--out {path}: is emptied whenever it has 0.005 MB, as it cannot be renamed (Is a dir")
    assert message.endswith("; to keep older lines, name a file in a folder that can be written")


def test_a_line_that_a_power_cut_left_half_written_spoils_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text('{"index": 1}\n{"ind')
    sink = JsonFile(path)
    sink.write(make_result(1, index=2))
    sink.close()
    whole, half, new = path.read_text().splitlines()
    assert (whole, half, json.loads(new)["index"]) == ('{"index": 1}', '{"ind', 2)


def test_a_full_disk_is_told_leaves_whole_lines_and_is_used_again_when_it_has_room(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk:
        path, filler = disk / "results.jsonl", disk / "filler"
        filler.write_bytes(bytes(40_000))
        told: list[str] = []
        background = Background(JsonFile(path), f"--out {path}", tell=told.append)
        for index in range(300):
            background.write(make_result(1, index=index))
        wait_until(lambda: not background.waiting)
        written = read_lines(path)
        assert written == list(range(len(written)))
        assert 0 < len(written) < 300
        filler.unlink()
        background.write(make_result(1, index=300))
        background.close()
        assert read_lines(path) == [*written, 300]
        assert told == [
            f"--out {path}: No space left on device; classifying goes on",
            f"--out {path}: works again",
        ]


def test_a_folder_that_went_away_and_came_back_is_written_again(tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    sink = JsonFile(folder / "results.jsonl", max_bytes=500)
    sink.write(make_result(1, index=0))
    folder.rename(tmp_path / "unplugged")
    with pytest.raises(FileNotFoundError):
        for index in range(1, 5):
            sink.write(make_result(1, index=index))
    (tmp_path / "unplugged").rename(folder)
    sink.write(make_result(1, index=9))
    sink.close()
    assert read_lines(folder / "results.jsonl")[-1] == 9


def test_a_file_that_is_deleted_moved_or_emptied_while_it_is_written_goes_on_under_its_name(tmp_path: Path) -> None:
    path, moved = tmp_path / "results.jsonl", tmp_path / "yesterday.jsonl"
    JsonFile(path).write(make_result(1, index=0))
    sink = JsonFile(path, max_bytes=3 * path.stat().st_size)
    path.unlink()
    sink.write(make_result(1, index=1))
    assert read_lines(path) == [1]
    path.rename(moved)  # as logrotate does
    sink.write(make_result(1, index=2))
    assert (read_lines(moved), read_lines(path)) == ([1], [2])
    os.truncate(path, 0)  # as its copytruncate does
    for index in (3, 4, 5):  # of which one would be too many if the file's size before still counted
        sink.write(make_result(1, index=index))
    assert read_lines(path) == [3, 4, 5]
    sink.close()


@pytest.mark.parametrize("name", ["no/folder/results.jsonl", "", "pipe"])
def test_a_file_that_cannot_be_opened_is_told_at_the_start(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match=f"--out .*{re.escape(name)}"):
        JsonFile(tmp_path / name)
