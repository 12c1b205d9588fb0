"""Accuracy through the real command, against the truth and against `benchmarks run` on the same pictures."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from benchmarks.answers import Share
from benchmarks.checks.folder_accuracy import measure_folder_accuracy
from benchmarks.errors import BenchmarkError
from benchmarks.results_file import read_results
from tests.benchmarks.conftest import COLOURS
from tests.conftest import Run


@pytest.fixture
def folder(colours: Path, tmp_path: Path) -> Path:
    """The twelve test pictures in one folder, with a labels.csv that is wrong about one of them."""
    folder = tmp_path / "folder"
    folder.mkdir()
    rows = [("file", "class_index")]
    for index, colour in enumerate(COLOURS):
        for picture in sorted((colours / "test" / colour).iterdir()):
            name = f"{colour}{picture.name}"
            shutil.copy(picture, folder / name)
            rows.append((name, str((index + (name == "red0.png")) % 3)))
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder


def test_the_command_is_right_where_the_table_is(folder: Path, models: Path) -> None:
    assert measure_folder_accuracy(folder, models / "rgb_int8.tflite") == (Share(11, 12), 0)


def test_the_command_and_the_benchmark_agree_on_the_same_pictures(
    run: Run, folder: Path, models: Path, tmp_path: Path
) -> None:
    model = models / "rgb_float32.onnx"
    settings = ("--data", folder, "--split", "all", "--runs", 1, "--out", tmp_path)
    assert run("benchmarks", "run", model, *settings).returncode == 0
    (answers,) = read_results(tmp_path / "results.json").answers
    assert (answers.top(1), 0) == measure_folder_accuracy(folder, model)


def test_pictures_that_cannot_be_read_are_told_and_not_counted(run: Run, folder: Path, models: Path) -> None:
    (folder / "blue1.png").write_text("no picture")
    done = run("benchmarks", "folder-accuracy", folder, "--model", models / "rgb_int8.tflite")
    assert done.returncode == 1
    # 10 of 11: Wilson's interval is 0.6226 to 0.9838.
    assert done.stdout == "top-1 90.9 % (62.3 to 98.4), 10 of 11 pictures\n1 more could not be read\n"


def test_a_picture_that_the_table_does_not_know_is_refused(folder: Path, models: Path) -> None:
    shutil.copy(folder / "red0.png", folder / "a_stranger.png")
    with pytest.raises(BenchmarkError, match=r"a_stranger.png is not in labels.csv; expected a row for each picture"):
        measure_folder_accuracy(folder, models / "rgb_int8.tflite")


@pytest.mark.parametrize("text", [None, "file,label\nred0.png,red\n", "file,class_index\nred0.png,red\n"])
def test_a_folder_without_a_table_of_class_numbers_is_refused(folder: Path, text: str | None) -> None:
    (folder / "labels.csv").unlink()
    if text is not None:
        (folder / "labels.csv").write_text(text)
    with pytest.raises(BenchmarkError, match=r"labels.csv: .*expected .*columns file and class_index"):
        measure_folder_accuracy(folder)


def test_a_model_that_cannot_be_read_is_one_line(run: Run, folder: Path, tmp_path: Path) -> None:
    done = run("benchmarks", "folder-accuracy", folder, "--model", tmp_path / "none.tflite")
    assert (done.returncode, done.stderr) == (1, f"benchmarks: {tmp_path / 'none.tflite'}: no such file\n")
