"""Frames from real files and streams: right colours, newest first, and an end to every wait."""

from __future__ import annotations

import re
import shutil
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from examples.clips import write_clip
from runtime.card import Fit, InputSize, ModelCard
from runtime.errors import PictureError, SourceError
from runtime.sources import Source, open_camera, open_source
from tests.runtime.streams import MjpegServer

CARD = ModelCard("rgb", "mean colour", ("red", "green", "blue"), InputSize(16, 16), Fit())
RED = np.broadcast_to(np.uint8((255, 0, 0)), (96, 128, 3)).copy()
# JPEG and MPEG-4 keep a plain colour to a few levels.
CODING_TOLERANCE = 6


def assert_red(image: np.ndarray) -> None:
    assert image.shape == (16, 16, 3)
    assert np.abs(image.astype(int) - (255, 0, 0)).max() <= CODING_TOLERANCE


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".gif", ".tif", ".avif"])
def test_a_red_picture_file_is_red(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"red{suffix}"
    Image.fromarray(RED).save(path)
    with open_source(str(path), CARD) as source:
        (frame,) = source
    assert_red(frame.image)
    assert frame.is_fitted
    assert frame.source == str(path)


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv"])
def test_a_red_clip_is_red_and_every_frame_comes_in_order(tmp_path: Path, suffix: str) -> None:
    clip = write_clip(tmp_path / f"red{suffix}", [RED] * 10)
    for opened in (open_source(str(clip), CARD), open_camera(str(clip), CARD)):
        with opened as source:
            frames = list(source)
        assert [frame.index for frame in frames] == list(range(10))
        assert_red(frames[5].image)


def test_a_red_stream_is_red() -> None:
    with MjpegServer(RED) as server, open_camera(server.url, CARD) as source:
        for frame in islice(source, 5):
            assert_red(frame.image)


@pytest.mark.parametrize(("mode", "clear"), [("RGB", (255, 0, 0)), ("L", 76)])
def test_a_colour_that_a_picture_declares_transparent_lies_on_white(tmp_path: Path, mode: str, clear: Any) -> None:
    Image.new("RGB", (32, 32), (255, 0, 0)).convert(mode).save(tmp_path / "clear.png", transparency=clear)
    with open_source(str(tmp_path / "clear.png"), CARD) as source:
        (frame,) = source
    assert (frame.image == 255).all()


def test_the_test_camera_moves() -> None:
    with open_camera("test", CARD) as source:
        first, *_, last = islice(source, 10)
    assert not np.array_equal(first.image, last.image)
    assert last.captured_at > first.captured_at


def test_a_folder_gives_its_pictures_in_natural_order(tmp_path: Path) -> None:
    for name in ("photo10.png", "photo2.png", "sub/photo1.png", ".hidden.png", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(RED).save(path) if path.suffix == ".png" else path.write_text("no picture")
    with open_source(str(tmp_path), CARD) as source:
        names = [Path(frame.source).relative_to(tmp_path).as_posix() for frame in source]
    assert names == ["photo2.png", "photo10.png", "sub/photo1.png"]


def test_a_bad_picture_is_told_and_the_others_are_given(tmp_path: Path) -> None:
    for name in ("a.png", "c.png"):
        Image.fromarray(RED).save(tmp_path / name)
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:60])
    errors: list[PictureError] = []
    with open_source(str(tmp_path), CARD, errors.append) as source:
        frames = list(source)
    assert [Path(frame.source).name for frame in frames] == ["a.png", "c.png"]
    assert len(errors) == 1
    assert "b.png" in str(errors[0])


@pytest.mark.parametrize("name", ["a.jfif", "a.jpe", "a"])
def test_a_mirrored_photo_is_seen_as_it_was_whatever_its_name(tmp_path: Path, name: str) -> None:
    picture = RED.copy()
    picture[picture.shape[0] // 2 :] = (0, 0, 255)
    exif = Image.Exif()
    exif[0x0112] = 2  # mirrored
    Image.fromarray(picture).save(tmp_path / name, "JPEG", exif=exif, quality=95)
    with open_source(str(tmp_path / name), CARD) as source:
        (frame,) = source
    assert frame.image[1, 8, 0] > 200, "the top is red"
    assert frame.image[14, 8, 2] > 200, "below is blue"


def test_a_photo_lies_as_its_camera_was_held(tmp_path: Path) -> None:
    picture = RED.copy()
    picture[:48] = (0, 0, 255)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right by a quarter
    Image.fromarray(picture).save(tmp_path / "turned.jpg", exif=exif, quality=95)
    with open_source(str(tmp_path / "turned.jpg"), CARD) as source:
        (frame,) = source
    assert frame.image[8, 1, 0] > 200, "left is red"
    assert frame.image[8, 14, 2] > 200, "right is blue"


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGBA", (255, 0, 0, 255), (255, 0, 0)),
        ("RGBA", (255, 0, 0, 0), (255, 255, 255)),
        ("L", 100, (100, 100, 100)),
        ("LA", (100, 255), (100, 100, 100)),
        ("1", 1, (255, 255, 255)),
        ("I;16", 100 * 256, (100, 100, 100)),
        ("CMYK", (0, 255, 255, 0), (255, 0, 0)),
    ],
)
def test_pictures_of_every_mode_become_rgb(tmp_path: Path, mode: str, colour: Any, expected: tuple[int, ...]) -> None:
    path = tmp_path / f"picture.{'tif' if mode == 'CMYK' else 'png'}"
    Image.new(mode, (32, 32), colour).save(path)
    with open_source(str(path), CARD) as source:
        (frame,) = source
    assert np.abs(frame.image.astype(int) - expected).max() <= 1


def test_a_video_can_be_read_again(tmp_path: Path) -> None:
    clip = str(write_clip(tmp_path / "red.mp4", [RED] * 3))
    for _ in range(2):
        with open_source(clip, CARD) as source:
            assert len(list(source)) == 3


@pytest.mark.parametrize("password", ["secret", "[secret", "se]cret"])
def test_passwords_in_addresses_are_not_shown(password: str) -> None:
    with open_camera(f"rtsp://admin:{password}@127.0.0.1:9/1", CARD) as source, pytest.raises(SourceError) as told:
        next(iter(source))
    assert "Connection refused" in str(told.value)
    assert "secret" not in str(told.value)


def open_and_read(opened: Source) -> None:
    with opened as source:
        next(iter(source))


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("/dev/video99", "no such camera"),
        ("99", "/dev/video99: no such camera"),
        ("missing.mp4", "no such camera or file"),
        ("gopher://127.0.0.1/", "not a kind of address"),
        ("rtsp://127.0.0.1:9/1", "Connection refused"),
        ("http://127.0.0.1:9/", "Connection refused"),
        ("picamera2", "python3-picamera2"),
    ],
)
def test_a_camera_that_is_not_there_is_told_with_the_remedy(spec: str, told: str) -> None:
    with pytest.raises(SourceError, match=re.escape(told)):
        open_and_read(open_camera(spec, CARD))


def test_files_that_are_no_video_are_told(tmp_path: Path, models: Path) -> None:
    (tmp_path / "text.mp4").write_text("hello")
    with pytest.raises(SourceError, match=r"text\.mp4: is no video"):
        open_and_read(open_source(str(tmp_path / "text.mp4"), CARD))
    with pytest.raises(SourceError, match="no pictures in this folder"):
        open_and_read(open_source(str(shutil.copytree(models, tmp_path / "empty")), CARD))
