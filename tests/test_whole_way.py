"""From pictures to a camera, by the commands that a user types, each in its own process."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from examples.clips import write_clip
from runtime.dataset import open_dataset
from tests.conftest import ROOT, Run

SAMPLE = ROOT / "examples" / "fashion_mnist" / "fashion_mnist.npz"
FILES = ("clothes_float32.tflite", "clothes_int8.tflite", "clothes_float32.onnx", "clothes_int8.onnx")


@pytest.fixture(scope="module")
def made(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained network and its four conversions."""
    folder = tmp_path_factory.mktemp("way")
    original = folder / "clothes.keras"
    done = run("train", SAMPLE, "--model", "deep_cnn", "--epochs", 3, "--out", original)
    assert done.returncode == 0, done.stderr
    for name in FILES:
        recipe, suffix = name.partition("_")[2].split(".")
        arguments = ("--to", suffix, "--recipe", recipe, "--calibrate", SAMPLE, "--out", folder / name)
        done = run("convert", original, *arguments)
        assert done.returncode == 0, done.stderr
    return folder


def test_each_file_says_what_it_is(run: Run, made: Path) -> None:
    for name in FILES:
        told = json.loads(run("runtime", "info", made / name, "--json").stdout)
        assert told["card"]["labels"][9] == "Ankle boot"
        assert told["card"]["recipe"].startswith(name.partition("_")[2].split(".")[0])
        assert told["input"]["dtype"] == ("uint8" if "int8" in name else "float32")
        assert told["card"]["measured"]["top1"] == pytest.approx(told["card"]["measured"]["top1_float"], abs=0.02)


def test_benchmarks_measure_on_the_device_what_the_conversion_promised(run: Run, made: Path, tmp_path: Path) -> None:
    files = [made / name for name in FILES]
    done = run("benchmarks", "run", *files, "--data", SAMPLE, "--out", tmp_path, "--runs", 20)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "pareto.png").stat().st_size > 10_000
    table = (tmp_path / "results.md").read_text("utf-8")
    for name in FILES:
        assert name in table
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    for measurement in results["measurements"]:
        accuracy = measurement["accuracy"]
        assert accuracy["correct"] / accuracy["total"] == pytest.approx(measurement["card"]["measured"]["top1"], abs=0.02)


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


def labels(lines: str) -> list[str]:
    return [json.loads(line)["predictions"][0]["label"] for line in lines.splitlines()]
