"""JPEGs of a folder, which libav decodes where they are ordinary ones, against Pillow and the one resize."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from runtime.card import Fit, InputSize, ModelCard
from runtime.errors import PictureError
from runtime.image import least_size
from runtime.picture import open_header, open_picture
from runtime.sources import SourceOptions, open_source
from runtime.sources.fitting import fit_view
from runtime.sources.jpeg import JpegFitter
from runtime.sources.view import Box, View
from tests.conftest import ROOT, Run

SIZE = InputSize(64, 64)
FITS = [Fit("crop", 0.875), Fit("squash"), Fit("letterbox")]
_VIEWS = [View(), View(rotate=90), View(flip="h", crop=Box(31, 17, 331, 233)), View(invert=True)]
# Levels of 255 in the mean: of a source that scales by itself (ARCHITECTURE.md).
TOLERANCE = 2.0
_COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
_MANY = 20


@pytest.fixture(scope="module")
def photo(photos: Path) -> Image.Image:
    """Of odd width and height."""
    return Image.open(photos / "rocket.jpg").crop((0, 0, 507, 379))


def save(picture: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", **{"quality": 90, **options})
    return file.getvalue()


def fit_by_libav(content: bytes, fit: Fit = FITS[0], view: View = _VIEWS[0]) -> np.ndarray | None:
    with open_header(content) as header:
        return JpegFitter().fit(header, SIZE, fit, view, None)


def difference(content: bytes, fit: Fit = FITS[0], view: View = _VIEWS[0]) -> np.ndarray:
    fitted = fit_by_libav(content, fit, view)
    assert fitted is not None
    return np.abs(fitted.astype(int) - fit_view(open_picture(content), SIZE, fit, view))


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("fit", FITS, ids=str)
@pytest.mark.parametrize("view", _VIEWS, ids=str)
def test_ordinary_jpegs_are_fitted_as_pictures_are(photo: Image.Image, subsampling: str, fit: Fit, view: View) -> None:
    assert difference(save(photo, subsampling=subsampling), fit, view).mean() <= TOLERANCE


@pytest.mark.parametrize("orientation", range(10))
def test_a_jpeg_lies_as_its_camera_was_held(photo: Image.Image, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert difference(save(photo, exif=exif, comment="CS=ITU601", icc_profile=bytes(300))).mean() <= TOLERANCE


@pytest.mark.parametrize("colour", _COLOURS.values(), ids=_COLOURS)
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_colours_are_of_full_range_and_in_their_places(colour: tuple[int, int, int], subsampling: str) -> None:
    content = save(Image.new("RGB", (200, 150), colour), subsampling=subsampling)
    assert difference(content).max() <= 2  # rounded once more


def test_colours_do_not_move_where_the_crop_begins_at_an_odd_pixel() -> None:
    """Red on green, in pixels that share their colour: half a pixel off would be seen."""
    picture = np.zeros((221, 301, 3), np.uint8)
    picture[:, :, 1] = 150
    picture[60:160, 100:200] = (200, 0, 0)
    content = save(Image.fromarray(picture), quality=100, subsampling="4:2:0")
    differences = [
        difference(content, Fit("squash"), View(crop=Box(x, y, x + 200, y + 200))) for x in (20, 21) for y in (10, 11)
    ]
    assert max(found.mean() for found in differences) <= 1.0


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("L", {}),
        ("CMYK", {}),
        ("RGB", {"progressive": True}),
        ("RGB", {"keep_rgb": True}),
        ("RGB", {"restart_marker_blocks": 4}),
    ],
)
def test_other_jpegs_are_left_to_pillow(photo: Image.Image, mode: str, options: dict[str, Any]) -> None:
    assert fit_by_libav(save(photo.convert(mode), **options)) is None


def test_very_large_and_small_pictures_and_those_that_pillow_shrinks_are_left_to_it(photo: Image.Image) -> None:
    assert fit_by_libav(save(photo.resize((90, 90)))) is None
    assert fit_by_libav(save(photo.resize((2500, 1700)))) is None
    with open_header(save(photo)) as header:
        assert JpegFitter().fit(header, SIZE, FITS[0], View(), least_size(SIZE, FITS[0])) is None


def card() -> ModelCard:
    return ModelCard("rgb", "mean colour", ("red", "green", "blue"), SIZE, FITS[0])


def test_a_folder_gives_the_pictures_that_are_whole_and_names_the_others(photo: Image.Image, tmp_path: Path) -> None:
    content = save(photo.resize((251, 187)))
    for number in range(_MANY):
        (tmp_path / f"{number}.jpg").write_bytes(content[: len(content) // 2] if number in (3, 17) else content)
    errors: list[PictureError] = []
    with open_source(str(tmp_path), card(), errors.append) as source:
        frames = list(source)
    assert [Path(frame.source).name for frame in frames] == [f"{n}.jpg" for n in range(_MANY) if n not in (3, 17)]
    assert [error.args[0].partition(": ")[0] for error in errors] == [str(tmp_path / f"{n}.jpg") for n in (3, 17)]
    assert all("truncated" in str(error) for error in errors)
    by_libav = fit_by_libav(content)
    assert by_libav is not None
    assert all(np.array_equal(frame.image, by_libav) for frame in frames)


def test_a_crop_that_reaches_out_is_told_of_each_picture(photo: Image.Image, tmp_path: Path) -> None:
    for number in range(_MANY):
        (tmp_path / f"{number}.jpg").write_bytes(save(photo))
    errors: list[PictureError] = []
    options = SourceOptions(view=View(crop=Box(0, 0, 508, 10)))
    with open_source(str(tmp_path), card(), errors.append, options=options) as source:
        assert not list(source)
    assert len(errors) == _MANY
    assert "--crop" in str(errors[0])


@pytest.mark.parametrize(("count", "is_imported"), [(1, False), (_MANY, True)])
def test_pyav_is_imported_for_many_jpegs_only(
    photo: Image.Image, tmp_path: Path, count: int, is_imported: bool
) -> None:
    for number in range(count):
        (tmp_path / f"{number}.jpg").write_bytes(save(photo))
    code = f"""
import sys, runtime
labels = [result.label for result in runtime.classify({str(tmp_path)!r}, model="tests/models/rgb_int8.tflite")]
assert len(labels) == {count}
sys.exit("av" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == is_imported


@pytest.mark.parametrize("colour", _COLOURS)
def test_many_jpegs_of_one_colour_get_its_label(run: Run, models: Path, tmp_path: Path, colour: str) -> None:
    paths = [tmp_path / f"{number}.jpg" for number in range(_MANY)]
    for path in paths:
        path.write_bytes(save(Image.new("RGB", (200, 150), _COLOURS[colour])))
    for sources, given in ((paths, ""), ([tmp_path], ""), (["-"], "\n".join(map(str, paths)))):
        done = run("runtime", "classify", *sources, "--model", models / "rgb_int8.tflite", input=given)
        results = [json.loads(line) for line in done.stdout.splitlines()]
        assert [result["predictions"][0]["label"] for result in results] == [colour] * _MANY, done.stderr
