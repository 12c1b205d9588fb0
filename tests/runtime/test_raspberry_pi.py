"""`runtime` on a Raspberry Pi's system and (emulated) processor: real photos get the answers that they get on a PC."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.conftest import MODELS, ROOT, Run
from tests.runtime.raspberry_pi import RaspberryPi, missing_parts

pytestmark = pytest.mark.pi

# (backend, processor of a Raspberry Pi 4 or 5)
DEVICES = [("litert", "cortex-a72"), ("litert", "cortex-a76"), ("tflite-runtime", "cortex-a72")]
# What a score (0..1) may differ by. Integer: XNNPACK rounds alike on both, and not one of 6,000 scores differed; two
# of the 256 steps are left to processors that were not tried. Without XNNPACK it was 0.035, and between tflite-runtime
# 2.14, which does not use it for integers, and LiteRT 2 up to 0.05. Float32 differed by 2e-6, and JSON has 6 digits.
INTEGER_TOLERANCE = {"litert": 2 / 256, "tflite-runtime": 0.05}
FLOAT_TOLERANCE = 5e-6
MODELS_OF = {"default": None, "rgb_int8": "rgb_int8.tflite", "rgb_float32": "rgb_float32.tflite"}

Scores = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Device:
    """A Raspberry Pi with one backend."""

    pi: RaspberryPi
    backend: str
    processor: str

    def run(self, *arguments: object) -> CompletedProcess[str]:
        return self.pi.run(self.backend, self.processor, *arguments)


@pytest.fixture(scope="module")
def pi(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> Iterator[RaspberryPi]:
    """With edgeframe and what it declares to need, the photos and the conformance models on it."""
    if missing_parts():
        pytest.skip(f"this machine lacks {missing_parts()}: tests/install_parts.sh pi")
    folder = tmp_path_factory.mktemp("pi")
    try:
        pi = RaspberryPi(folder / "root")
        # The second name is for where this machine's Python is too new for the package, and Debian's is not.
        pi.install("litert", f"{ROOT}[tflite]", "ai-edge-litert")
        pi.install("tflite-runtime", f"{ROOT}[tflite-legacy]", "tflite-runtime")
        shutil.copytree(photos, pi.root / "photos")
        shutil.copytree(MODELS, pi.root / "models")
        yield pi
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module", params=DEVICES, ids="-".join)
def device(pi: RaspberryPi, request: pytest.FixtureRequest) -> Device:
    return Device(pi, *request.param)


def read_scores(done: CompletedProcess[str]) -> Scores:
    """{photo: {label: score}}, best first."""
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    answers = {Path(line["source"]).stem: line["predictions"] for line in map(json.loads, done.stdout.splitlines())}
    return {photo: {guess["label"]: guess["score"] for guess in guesses} for photo, guesses in answers.items()}


@pytest.mark.parametrize("model", MODELS_OF)
def test_photos_get_the_scores_that_they_get_on_a_pc(device: Device, model: str, run: Run, photos: Path) -> None:
    name, options = MODELS_OF[model], ("classify", "--json", "--top", 1000)
    here = read_scores(run("runtime", *options, *(("--model", MODELS / name) if name else ()), photos))
    there = read_scores(device.run(*options, *(("--model", f"/models/{name}") if name else ()), "/photos"))
    tolerance = FLOAT_TOLERANCE if model == "rgb_float32" else INTEGER_TOLERANCE[device.backend]
    assert here.keys() == there.keys() == {"cat", "coffee", "rocket"}
    for photo, expected in here.items():
        assert there[photo] == pytest.approx(expected, abs=tolerance)
        # Two that are this near each other on a PC may change places: a cat is tiger and Egyptian alike.
        likely = [label for label, score in expected.items() if score >= max(expected.values()) - 2 * tolerance]
        assert next(iter(there[photo])) in likely


def test_the_default_model_answers_its_golden_samples_right(device: Device) -> None:
    done = device.run("selftest")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"on {device.backend}: 3 of 3 golden samples right" in done.stdout


def test_doctor_finds_all_that_pictures_need(device: Device) -> None:
    done = device.run("doctor")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "on Linux aarch64, 4 cores" in done.stdout
    assert f"ok    backend {device.backend} (.tflite)" in done.stdout
    assert f"ok    the default model classifies a picture ({device.backend}, " in done.stdout


def test_info_tells_what_runs_the_default_model(device: Device) -> None:
    done = device.run("info", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["backends"], told["problem"]) == ([device.backend], None)
    assert (told["card"]["name"], told["input"]["dtype"]) == ("efficientnet_lite0", "uint8")
