"""Turned, mirrored, cut and inverted pictures: the cheap way, which scales first, against the plain one."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from runtime.card import Fit, InputSize, ModelCard
from runtime.errors import PictureError, UsageError
from runtime.image import fit_image
from runtime.sources import Box, SourceOptions, View, open_camera, open_source
from runtime.sources.fitting import fit_view
from runtime.sources.scaler import VideoScaler
from runtime.sources.view import FLIPS, ROTATIONS, Orientation, parse_crop

FITS = [Fit(), Fit("crop", 0.875), Fit("squash"), Fit("letterbox")]
# Wide, high, square and gray inputs; the odd sides make bars and margins that differ by a pixel from side to side.
SIZES = [InputSize(96, 128), InputSize(127, 64), InputSize(95, 95), InputSize(96, 64, 1)]
VIEWS = [
    View(rotate, flip, crop, invert)
    for (rotate, flip), (crop, invert) in zip(
        itertools.product(ROTATIONS, FLIPS),
        itertools.cycle([(None, False), (Box(40, 30, 261, 390), True), (Box(0, 100, 480, 400), False)]),
    )
]
# The mean difference, in levels of 255, to which a source that scales by itself is held (ARCHITECTURE.md).
SOURCE_TOLERANCE = 2.0


def look_plainly(picture: np.ndarray, view: View) -> np.ndarray:
    """What a view shows of a picture, by numpy, at full size."""
    picture = np.rot90(picture, -(view.rotate // 90))
    picture = {"": picture, "h": picture[:, ::-1], "v": picture[::-1]}[view.flip]
    if view.crop is not None:
        picture = picture[view.crop.top : view.crop.bottom, view.crop.left : view.crop.right]
    return 255 - picture if view.invert else picture


@pytest.fixture(scope="module")
def photo(photos: Path) -> np.ndarray:
    return np.asarray(Image.open(photos / "cat.jpg").resize((480, 480))).copy()


@pytest.mark.parametrize("view", VIEWS, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_scaling_first_gives_what_scaling_last_does(photo: np.ndarray, size: InputSize, view: View) -> None:
    for fit, picture in itertools.product(FITS, (photo, photo[:, :400] if view.crop is None else photo)):
        plain = fit_image(look_plainly(picture, view), size, fit).astype(int)
        decoded = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
        cheap = {
            "array": fit_view(picture, size, fit, view),
            "Pillow image": fit_view(Image.fromarray(picture), size, fit, view),
            "video frame": VideoScaler(size, fit, view).fit(decoded),
        }
        for name, image in cheap.items():
            assert image.shape == plain.shape
            assert image.dtype == np.uint8
            assert np.abs(image - plain).mean() <= SOURCE_TOLERANCE, f"{name}, {fit}"


@pytest.mark.parametrize("fit", FITS, ids=str)
def test_a_plain_view_changes_nothing(photo: np.ndarray, fit: Fit) -> None:
    size = InputSize(64, 96)
    assert np.array_equal(fit_view(photo, size, fit, View()), fit_image(photo, size, fit))


@pytest.mark.parametrize("fit", [Fit(), Fit("squash"), Fit("letterbox")], ids=str)
@pytest.mark.parametrize("flip", FLIPS)
@pytest.mark.parametrize("rotate", ROTATIONS)
def test_at_its_own_size_a_turned_picture_keeps_every_pixel(rotate: int, flip: str, fit: Fit) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    view = View(rotate, flip)
    plain = look_plainly(picture, view)
    assert np.array_equal(fit_view(picture, InputSize(*plain.shape[:2]), fit, view), plain)


def test_orientations_one_after_the_other_are_one() -> None:
    picture = np.arange(6).reshape(2, 3)
    every = [Orientation(quarters, mirrored) for quarters in range(4) for mirrored in (False, True)]
    for first, second in itertools.product(every, every):
        assert np.array_equal(first.then(second).apply(picture), second.apply(first.apply(picture)))


def test_a_box_of_the_upright_picture_is_found_in_the_one_that_came() -> None:
    picture = np.arange(20 * 30).reshape(20, 30)
    box = Box(3, 5, 10, 17)
    for quarters, mirrored in itertools.product(range(4), (False, True)):
        turned = Orientation(quarters, mirrored)
        upright = turned.apply(picture)
        before = turned.before(box, upright.shape[1], upright.shape[0])
        part = picture[before.top : before.bottom, before.left : before.right]
        assert np.array_equal(turned.apply(part), upright[box.top : box.bottom, box.left : box.right])


def write_turned_clip(path: Path, picture: np.ndarray, counterclockwise: int) -> Path:
    """A clip that is to be shown turned, as a phone writes it."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.height, stream.width, stream.pix_fmt = *picture.shape[:2], "yuv420p"
        stream.bit_rate = 4_000_000
        if not hasattr(stream, "set_display_rotation"):
            pytest.skip("this PyAV writes no rotation")
        stream.set_display_rotation(counterclockwise)
        frame = av.VideoFrame.from_ndarray(picture, "rgb24")
        for packet in (*stream.encode(frame), *stream.encode()):
            container.mux(packet)
    return path


@pytest.mark.parametrize(("counterclockwise", "red_is_at"), [(-90, "right"), (90, "left"), (180, "bottom"), (0, "top")])
def test_a_video_lies_as_its_camera_was_held(tmp_path: Path, counterclockwise: int, red_is_at: str) -> None:
    picture = np.zeros((96, 96, 3), np.uint8)
    picture[:48] = (255, 0, 0)
    clip = write_turned_clip(tmp_path / "turned.mp4", picture, counterclockwise)
    card = ModelCard("rgb", "mean colour", ("red", "green"), InputSize(16, 16))
    with open_source(str(clip), card) as source:
        (frame,) = source
    corners = {"top": ((2, 2), (2, 13)), "bottom": ((13, 2), (13, 13)), "left": ((2, 2), (13, 2))}
    corners["right"] = ((2, 13), (13, 13))
    red = {spot for pair in corners.values() for spot in pair if frame.image[spot][0] > 200}
    assert red == set(corners[red_is_at])


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_the_view_of_a_picture_file_counts_in_pixels_of_the_whole_file(tmp_path: Path, suffix: str) -> None:
    """Though a large JPEG may be decoded at a part of its size."""
    picture = np.zeros((1600, 2400, 3), np.uint8)
    picture[1000:1200, 2000:2300] = (255, 0, 0)
    Image.fromarray(picture).save(tmp_path / f"large{suffix}", quality=95)
    card = ModelCard("rgb", "mean colour", ("red", "green"), InputSize(16, 16))
    options = SourceOptions(view=View(crop=parse_crop("2020,1020,260,160")))
    with open_source(str(tmp_path / f"large{suffix}"), card, options=options) as source:
        (frame,) = source
    assert frame.image[:, :, 0].min() >= 250


def test_a_photo_held_sideways_is_cut_after_it_was_laid_upright(tmp_path: Path) -> None:
    picture = np.zeros((60, 100, 3), np.uint8)
    picture[:20, :20] = (255, 0, 0)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right by a quarter: the upper left corner comes to the upper right
    Image.fromarray(picture).save(tmp_path / "turned.png", exif=exif)
    card = ModelCard("rgb", "mean colour", ("red", "green"), InputSize(8, 8))
    with open_source(
        str(tmp_path / "turned.png"), card, options=SourceOptions(view=View(crop=Box(40, 0, 60, 20)))
    ) as s:
        (frame,) = s
    assert (frame.image == (255, 0, 0)).all()


def test_a_crop_that_reaches_out_of_the_picture_is_told_with_its_size(tmp_path: Path) -> None:
    card = ModelCard("rgb", "mean colour", ("red", "green"), InputSize(8, 8))
    options = SourceOptions(view=View(crop=Box(100, 0, 700, 100)), camera_size=(640, 480))
    told_size = pytest.raises(UsageError, match=r"--crop 100,0,600,100 reaches out of the picture, which is 640x480")
    with told_size, open_camera("test", card, options=options) as source:
        next(iter(source))
    for name, width in (("a", 640), ("b", 800)):
        Image.new("RGB", (width, 480)).save(tmp_path / f"{name}.png")
    told: list[PictureError] = []
    options = SourceOptions(view=View(crop=Box(100, 0, 700, 100)))
    with open_source(str(tmp_path), card, told.append, options=options) as source:
        assert [Path(frame.source).name for frame in source] == ["b.png"]
    assert "a.png: --crop" in str(told[0])


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "-1,0,5,5", "0,0,0,5", "0,0,5,0", "1.5,0,5,5"])
def test_what_is_no_crop_is_told_with_what_one_is(text: str) -> None:
    with pytest.raises(UsageError, match=r"--crop .*(x,y,width,height|above 0)"):
        parse_crop(text)


@pytest.mark.parametrize(("wrong", "told"), [({"rotate": 45}, "--rotate 45"), ({"flip": "x"}, "--flip x")])
def test_what_is_no_view_is_told(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        View(**wrong)  # type: ignore[arg-type]


def test_inverting_makes_dark_ink_light_and_leaves_the_bars_of_a_letterbox_black() -> None:
    paper = np.full((20, 40, 3), 250, np.uint8)
    fitted = fit_view(paper, InputSize(20, 20), Fit("letterbox"), View(invert=True))
    assert (fitted[5:15] == 5).all()
    assert (fitted[:5] == 0).all()
    frame = av.VideoFrame.from_ndarray(paper, "rgb24")
    frame.time_base = Fraction(1, 25)
    assert np.array_equal(VideoScaler(InputSize(20, 20), Fit("letterbox"), View(invert=True)).fit(frame), fitted)
