"""From pictures to a camera, by the commands that a user types, each in its own process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from examples.clips import write_clip
from runtime.dataset import open_dataset
from tests.conftest import ROOT, Run

SAMPLE = ROOT / "examples" / "fashion_mnist" / "fashion_mnist.npz"
MADE = ROOT / "out" / "demo"
FILES = ("fashion_float32.tflite", "fashion_int8.tflite", "fashion_float32.onnx", "fashion_int8.onnx")


@pytest.fixture(scope="module")
def demo() -> subprocess.CompletedProcess[str]:
    """`make demo`: trains, converts four ways, measures, and classifies photos and clips; it writes to MADE."""
    shutil.rmtree(MADE, ignore_errors=True)
    command = [sys.executable, "examples/demo.py"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)


@pytest.fixture(scope="module")
def made(demo: subprocess.CompletedProcess[str]) -> Path:
    """The folder with a trained network and its four conversions."""
    assert demo.returncode == 0, demo.stdout + demo.stderr
    return MADE


def test_the_demo_shows_every_step_and_ends_with_the_table(demo: subprocess.CompletedProcess[str], made: Path) -> None:
    for step in ("$ runtime classify", "$ python -m train", "$ python -m convert", "$ python -m benchmarks run"):
        assert step in demo.stdout
    table = (made / "benchmark" / "results.md").read_text("utf-8")
    assert table in demo.stdout
    assert all(name in table for name in FILES)
    assert (made / "benchmark" / "pareto.png").stat().st_size > 10_000
    assert "Traceback" not in demo.stderr


def test_ctrl_c_ends_the_demo_without_a_word(made: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "examples/demo.py"],
        cwd=made.parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    while not process.stdout.readline().startswith("$ runtime classify"):
        assert process.poll() is None
    # As a terminal does it: to the command that it runs, too.
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "")


def test_each_file_says_what_it_is(run: Run, made: Path) -> None:
    for name in FILES:
        told = json.loads(run("runtime", "info", made / name, "--json").stdout)
        assert told["card"]["labels"][9] == "Ankle boot"
        assert told["card"]["recipe"].startswith(name.partition("_")[2].split(".")[0])
        assert told["input"]["dtype"] == ("uint8" if "int8" in name else "float32")
        assert told["card"]["measured"]["top1"] == pytest.approx(told["card"]["measured"]["top1_float"], abs=0.02)


def test_benchmarks_measure_what_the_conversion_promised(made: Path) -> None:
    results = json.loads((made / "benchmark" / "results.json").read_text("utf-8"))
    promised = {one["subject"]["model"]: one["card"]["measured"]["top1"] for one in results["measurements"]}
    assert {Path(model).name for model in promised} == set(FILES)
    assert len(results["answers"]) == len(FILES)
    for answers in results["answers"]:
        right = np.equal(answers["predicted"], answers["targets"])
        assert right.mean() == pytest.approx(promised[answers["model"]], abs=0.02)
        assert right.mean() >= 0.85


@pytest.mark.parametrize("name", FILES)
def test_the_camera_sees_what_the_pictures_show(run: Run, made: Path, tmp_path: Path, name: str) -> None:
    """Plain test pictures as a clip, enlarged as a camera would show them: the answers stay those of the pictures."""
    pictures = open_dataset(SAMPLE, "test").sample(40)
    shown = [np.asarray(pictures.read(number)) for number in range(len(pictures))]
    large = [np.asarray(Image.fromarray(picture).resize((224, 224)).convert("RGB")) for picture in shown]
    clip = write_clip(tmp_path / "clothes.mp4", large, rate=5)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, picture in enumerate(shown):
        Image.fromarray(picture).save(folder / f"{number}.png")
    by_camera = labels(run("runtime", "classify", "--camera", clip, "--model", made / name).stdout)
    by_picture = labels(run("runtime", "classify", folder, "--model", made / name).stdout)
    assert len(by_camera) == len(by_picture) == 40
    agreed = sum(one == other for one, other in zip(by_camera, by_picture))
    # MPEG-4 and the enlargement blur 28 x 28 pictures; of 40, 34 must keep their class.
    assert agreed >= 34
    expected = [pictures.labels[target] for target in pictures.targets]
    assert sum(one == other for one, other in zip(by_picture, expected)) >= 28


def test_the_example_in_python_labels_a_clip(tmp_path: Path, photos: Path) -> None:
    clip = write_clip(tmp_path / "cup.mp4", [np.asarray(Image.open(photos / "coffee.jpg"))] * 3)
    command = [sys.executable, "examples/classify_camera.py", str(clip)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["espresso"] * 3, done.stderr
    shown = (ROOT / "README.md").read_text("utf-8")
    code = (ROOT / "examples" / "classify_camera.py").read_text("utf-8")
    assert code.splitlines()[-1] in shown.partition("for result in runtime.classify(")[2].splitlines()


def labels(lines: str) -> list[str]:
    return [json.loads(line)["predictions"][0]["label"] for line in lines.splitlines()]
