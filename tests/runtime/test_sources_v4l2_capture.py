"""Frames of a USB camera where PyAV cannot be imported; what a real driver gives is test_sources_kernel_camera.py."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from runtime.card import Fit, InputSize
from runtime.errors import PictureError
from runtime.image import fit_image
from runtime.sources.v4l2_capture import Shot, read_shot
from tests.conftest import ROOT

RED = np.broadcast_to(np.uint8((255, 0, 0)), (6, 10, 3))
WITHOUT_PYAV = "import sys; sys.modules['av'] = None; from runtime.cli import main; sys.exit(main(sys.argv[1:]))"


def run_without_pyav(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_PYAV, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_a_compressed_frame_is_decoded_no_larger_than_needed() -> None:
    file = io.BytesIO()
    Image.fromarray(RED).resize((640, 480)).save(file, "JPEG")
    picture = read_shot(Shot(file.getvalue() + bytes(50), "MJPG", 640, 480, 0), (300, 200))
    red, green, blue = fit_image(picture, InputSize(8, 8), Fit()).mean(axis=(0, 1))
    assert red >= 250  # JPEG's rounding
    assert max(green, blue) <= 5
    assert picture.size == (640, 480)


def test_frames_that_are_not_compressed_lose_what_pads_their_rows() -> None:
    padded = np.pad(RED.reshape(6, 30), ((0, 0), (0, 2)), constant_values=77)
    assert np.array_equal(read_shot(Shot(padded.tobytes(), "RGB3", 10, 6, 32), None), RED)
    gray = read_shot(Shot(bytes(range(60)), "GREY", 10, 6, 10), None)
    assert isinstance(gray, np.ndarray)
    assert gray.shape == (6, 10, 1)


@pytest.mark.parametrize(
    "shot", [Shot(b"\xff\xd8\xff", "MJPG", 640, 480, 0), Shot(bytes(100), "RGB3", 10, 6, 30)], ids=["MJPG", "RGB3"]
)
def test_a_damaged_frame_is_told(shot: Shot) -> None:
    with pytest.raises(PictureError):
        read_shot(shot, None)


def test_a_camera_that_is_not_there_is_told_as_with_pyav() -> None:
    done = run_without_pyav("classify", "--camera", "/dev/video77")
    assert done.returncode == 1
    assert "/dev/video77: no such camera" in done.stderr
    assert done.stderr.count("\n") == 1


def test_pictures_are_classified_without_pyav() -> None:
    done = run_without_pyav("classify", "tests/fuzz/corpus/pictures/rgb.png", "--json")
    assert done.returncode == 0, done.stderr


def test_streams_tell_what_they_need() -> None:
    done = run_without_pyav("classify", "--camera", "test")
    assert done.returncode == 1
    assert "need PyAV" in done.stderr
    assert "sudo apt install python3-av" in done.stderr
    assert done.stderr.count("\n") == 1
