"""What libswscale makes of a frame, against the one resize. Tolerances are mean differences in levels of 255."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from runtime.card import Fit, InputSize
from runtime.image import fit_image
from runtime.sources.scaler import VideoScaler

# The tolerance of sources that scale by themselves (ARCHITECTURE.md), and what rounding each pixel once more may do.
_TOLERANCE, _ROUNDING = 2.0, 1.0
_COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "brown": (120, 70, 20)}


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """A large one with fine structure: 1200 x 1200."""
    data = pytest.importorskip("skimage.data", reason="scikit-image is not installed: make install")
    return np.kron(data.astronaut()[:400, :400], np.ones((3, 3, 1), np.uint8))


@pytest.mark.parametrize("colour", _COLOURS.values(), ids=_COLOURS)
@pytest.mark.parametrize("size", [InputSize(224, 224, 3), InputSize(31, 37, 3), InputSize(1, 1, 3)], ids=str)
def test_each_plane_becomes_its_channel(colour: tuple[int, int, int], size: InputSize) -> None:
    """Also where libswscale pads the rows of its planes: 37 is no multiple of anything."""
    picture = np.full((1080, 1920, 3), colour, np.uint8)
    fitted = VideoScaler(size, Fit("crop", 0.875)).fit_array(picture)
    assert fitted.shape == (size.height, size.width, 3)
    assert np.abs(fitted.astype(int) - colour).max() <= _ROUNDING


def test_the_rows_stay_in_their_order() -> None:
    levels = np.repeat(np.arange(0, 240, 15, dtype=np.uint8), 60)  # 16 grays from top to bottom
    picture = np.repeat(levels[:, np.newaxis, np.newaxis], 960, axis=1).repeat(3, axis=2)
    fitted = VideoScaler(InputSize(16, 21, 3), Fit("squash")).fit_array(picture)
    assert np.abs(fitted[:, 10, 0].astype(int) - np.arange(0, 240, 15)).max() <= _ROUNDING


@pytest.mark.parametrize("side", [100, 150, 224, 300, 500], ids=lambda side: f"{1200 / side:.1f} times")
def test_an_array_is_near_the_one_resize_at_every_scale(photo: np.ndarray, side: int) -> None:
    """At 4 times and more, half of the lines' colours are left out."""
    size, fit = InputSize(side, side, 3), Fit("squash")
    difference = VideoScaler(size, fit).fit_array(photo).astype(int) - fit_image(photo, size, fit)
    assert np.abs(difference).mean() <= _TOLERANCE
    assert np.abs(difference.mean(axis=(0, 1))).max() <= 0.5  # no channel brighter or darker as a whole


@pytest.mark.parametrize("side", [100, 224, 500])
def test_a_decoded_frame_is_near_the_one_resize(photo: np.ndarray, side: int) -> None:
    size, fit = InputSize(side, side, 3), Fit("squash")
    frame = av.VideoFrame.from_ndarray(photo, "rgb24").reformat(format="yuv420p")
    difference = VideoScaler(size, fit).fit(frame).astype(int) - fit_image(photo, size, fit)
    assert np.abs(difference).mean() <= _TOLERANCE


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content


def write_bottom_up_avi(path: Path, picture: np.ndarray, frames: int) -> None:
    """RGB, the width a multiple of 4, without compression, as Windows keeps it: the lowest line first."""
    height, width, _ = picture.shape
    pixels = np.ascontiguousarray(picture[::-1, :, ::-1]).tobytes()
    main = struct.pack("<14I", 40_000, 0, 0, 0, frames, 0, 1, 0, width, height, 0, 0, 0, 0)
    stream = b"vidsDIB " + struct.pack("<10I4H", 0, 0, 0, 1, 25, 0, frames, 0, 0, 0, 0, 0, width, height)
    form = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(pixels), 0, 0, 0, 0)
    streams = _chunk(b"LIST", b"strl" + _chunk(b"strh", stream) + _chunk(b"strf", form))
    head = _chunk(b"LIST", b"hdrl" + _chunk(b"avih", main) + streams)
    path.write_bytes(_chunk(b"RIFF", b"AVI " + head + _chunk(b"LIST", b"movi" + _chunk(b"00db", pixels) * frames)))


def test_a_recording_that_is_stored_from_the_bottom_up_is_upright(tmp_path: Path) -> None:
    """Reading it ahead from its first line on would leave its memory, and crash before PyAV 17.1."""
    red_over_blue = np.repeat(np.uint8([[(255, 0, 0)], [(0, 0, 255)]]), 240, axis=0).repeat(640, axis=1)
    write_bottom_up_avi(tmp_path / "windows.avi", red_over_blue, frames=20)
    scaler = VideoScaler(InputSize(16, 16, 3), Fit("squash"))
    with av.open(str(tmp_path / "windows.avi")) as container:
        fitted = [scaler.fit(frame) for frame in container.decode(video=0)]
    assert len(fitted) == 20
    for picture in fitted:
        assert np.abs(picture[:7].astype(int) - (255, 0, 0)).max() <= _ROUNDING
        assert np.abs(picture[9:].astype(int) - (0, 0, 255)).max() <= _ROUNDING


def test_what_was_fitted_stays_as_it_was_when_the_next_frame_comes() -> None:
    scaler = VideoScaler(InputSize(32, 32, 3), Fit("squash"))
    black, white = (np.full((480, 640, 3), level, np.uint8) for level in (0, 255))
    first = scaler.fit_array(black)
    scaler.fit_array(white)
    assert first.max() == 0


def test_gray_networks_and_letterboxes_get_their_channels_and_bars(photo: np.ndarray) -> None:
    gray = VideoScaler(InputSize(64, 64, 1), Fit("squash")).fit_array(photo)
    assert gray.shape == (64, 64, 1)
    boxed = VideoScaler(InputSize(64, 128, 3), Fit("letterbox")).fit_array(photo)
    assert boxed.shape == (64, 128, 3)
    assert boxed[:, :30].max() == boxed[:, -30:].max() == 0
    assert boxed[:, 34:-34].mean() > 50
