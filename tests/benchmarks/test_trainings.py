"""How long a training took to reach its bar, and how much sooner ours does than the lesson's; what cannot be read."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.checks.folds import format_folds, run_folds
from benchmarks.checks.trainings import (
    Outcome,
    Training,
    choose_trainings,
    format_lead,
    format_outcomes,
    read_outcome,
)
from tests.conftest import ROOT, Run


def write_figures(validation: list[float], top1: float) -> dict[str, Any]:
    """As a training's metrics.json: each epoch took 10 s."""
    epochs = [{"phase": "all", "train_seconds": 10.0, "validation_accuracy": accuracy} for accuracy in validation]
    return {
        "top1": top1, "top1_interval_95": [top1 - 0.01, top1 + 0.01], "count": 100, "epochs": epochs,
    }  # fmt: skip


def outcome(name: str, validation: list[float], top1: float) -> Outcome:
    (training,) = choose_trainings([name])
    return read_outcome(training, write_figures(validation, top1))


def test_a_lesson_looks_at_the_test_pictures_after_each_epoch() -> None:
    assert outcome("deep_cnn-lesson", [0.98, 0.9926, 0.99, 0.991], 0.991).bar_seconds == 20


def test_ours_only_at_its_end() -> None:
    assert outcome("deep_cnn-quick", [0.999, 0.999], 0.9930).bar_seconds == 20


def test_a_bar_that_was_not_reached_took_no_time() -> None:
    assert outcome("deep_cnn-lesson", [0.98, 0.99], 0.99).bar_seconds is None
    assert outcome("deep_cnn-quick", [0.999, 0.999], 0.99).bar_seconds is None
    assert outcome("resnet8", [0.5], 0.5).bar_seconds is None


def test_two_recipes_to_one_bar_are_compared() -> None:
    quick = outcome("deep_cnn-quick", [0.99, 0.99], 0.9930)
    lesson = outcome("deep_cnn-lesson", [0.98] * 11 + [0.993], 0.993)
    assert format_lead([quick, lesson]) == [
        "deep_cnn-quick reaches 99.26% in 20 s, deep_cnn-lesson in 120 s: x 6.0 sooner"
    ]
    # Another bar, and one that was not reached.
    others = [outcome("deep_cnn", [0.99], 0.996), outcome("deep_cnn-quick", [0.99], 0.99)]
    assert format_lead([*others, lesson]) == []


def test_the_table_of_trainings_says_what_each_reached_against_its_bar() -> None:
    table = format_outcomes([outcome("deep_cnn", [0.99], 0.996), outcome("deep_cnn-quick", [0.99] * 2, 0.99)])
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert rows[2][2:] == ["`--epochs 30`", "99.60 % of 100 (98.6 to 100.6)", "99.5 %", "yes", "1", "10.0", "10", "10"]
    assert rows[3][3:] == ["99.00 % of 100 (98.0 to 100.0)", "99.26 %", "missed", "2", "10.0", "", "20"]


@pytest.mark.parametrize("content", ["{", "[]", '{"epochs": []}'])
def test_figures_that_are_damaged_are_one_line(run: Run, tmp_path: Path, content: str) -> None:
    file = tmp_path / "mlp.metrics.json"
    file.write_text(content)
    done = run("benchmarks", "training", "mlp", "--data-dir", tmp_path, "--out", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"benchmarks: {file}: is no metrics.json of python -m train (")
    assert done.stderr.endswith("delete it to train again\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [("training",), ("conversion", "net.keras")])
def test_a_file_in_place_of_the_folder_for_results_is_one_line(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    out.touch()
    done = run("benchmarks", *command, "--data-dir", tmp_path, "--out", out)
    words = f"benchmarks: {out}: cannot be made (File exists); give another folder: --out DIR\n"
    assert (done.returncode, done.stderr) == (1, words)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a tar of four training pictures of each of two classes, and a test picture that is no picture."""
    folder = tmp_path / "data"
    folder.mkdir()
    with tarfile.open(folder / "cats_vs_dogs.tar", "w") as tar:
        for label, level in (("cats", 40), ("dogs", 200)):
            for number in range(4):
                add_file(tar, f"train/{label}/{number}.png", write_png(np.full((8, 8, 3), level + number, np.uint8)))
            add_file(tar, f"test/{label}/0.png", b"of no use to a choice")
    return folder


def add_file(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def write_png(image: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(image).save(content, "png")
    return content.getvalue()


def test_each_training_picture_is_in_the_test_of_one_fold_and_no_test_picture_in_any(
    photos: Path, tmp_path: Path
) -> None:
    training = Training("squares", "cats_dogs", "mlp", ("--epochs", "1", "--size", "8"))
    outcomes = run_folds(training, 2, photos, tmp_path / "out", lambda line: None)
    assert [fold.count for fold in outcomes] == [4, 4]
    names = [names_of(tmp_path / "out" / f"fold-{number}-of-2" / "cats_vs_dogs.tar") for number in (1, 2)]
    tests = [{name.removeprefix("test/") for name in fold if name.startswith("test/")} for fold in names]
    trains = [{name.removeprefix("train/") for name in fold if name.startswith("train/")} for fold in names]
    assert tests[0].isdisjoint(tests[1])
    assert tests[0] == trains[1] and tests[1] == trains[0]
    assert {sum(name.startswith("cats") for name in fold) for fold in tests} == {2}
    right = sum(round(fold.top1 * 4) for fold in outcomes)
    assert f"| squares | --epochs 1 --size 8 | {right} of 8 |" in format_folds([outcomes])


def names_of(file: Path) -> list[str]:
    with tarfile.open(file) as tar:
        return tar.getnames()


@pytest.mark.parametrize(
    ("name", "folds", "expected"),
    [
        ("mlp", 2, "mlp: --folds is for trainings on a tar of pictures, not mnist"),
        ("cats_dogs-mobilenet", 5, "expected a folder train with at least 5 pictures of each class"),
        ("flowers-lite0", 2, "flowers5.tar: cannot be shared out in folds ([Errno 2] No such file or directory"),
    ],
)
def test_what_cannot_be_shared_out_is_one_line(
    run: Run, photos: Path, tmp_path: Path, name: str, folds: int, expected: str
) -> None:
    done = run("benchmarks", "training", name, "--folds", folds, "--data-dir", photos, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert expected in done.stderr and done.stderr.count("\n") == 1


def test_ctrl_c_tells_of_the_trainings_that_ended(tmp_path: Path) -> None:
    (tmp_path / "mlp.metrics.json").write_text(json.dumps(write_figures([0.99], 0.99)))
    pictures, targets = np.zeros((2000, 28, 28), np.uint8), np.arange(2000) % 10
    np.savez(tmp_path / "mnist.npz", x_train=pictures, y_train=targets, x_test=pictures, y_test=targets)
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", "training", "--data-dir", tmp_path, "--out", tmp_path, "mlp", "cnn"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first.startswith("python -m train mnist --model cnn")
    # As a terminal does it: to the training, too.
    os.killpg(process.pid, signal.SIGINT)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; so far:" in told
    assert "99.00 % of 100" in told
