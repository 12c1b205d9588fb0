"""The one resize, against arithmetic and against what video frames get from libswscale."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageOps

from runtime.card import Fit, InputSize
from runtime.classifier import Classifier
from runtime.dataset import open_dataset
from runtime.image import crop_box, fit_image, least_size
from runtime.picture import open_picture, open_reduced
from runtime.sources.scaler import VideoScaler

FITS = [Fit(), Fit("crop", 0.875), Fit("squash"), Fit("letterbox")]
# The mean difference, in levels of 255, to which a source that scales by itself is held (ARCHITECTURE.md).
SOURCE_TOLERANCE = 2.0


def random_picture(height: int, width: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, channels), np.uint8)


@pytest.mark.parametrize("factor", [2, 3, 4, 5])
def test_shrinking_is_the_mean_of_the_area(photos: Path, factor: int) -> None:
    photo = np.asarray(Image.open(photos / "rocket.jpg"))[: 60 * factor, : 80 * factor]
    exact = photo.reshape(60, factor, 80, factor, 3).mean(axis=(1, 3))
    fitted = fit_image(photo, InputSize(60, 80), Fit("squash"))
    assert np.abs(fitted - exact).mean() <= 0.7  # as runtime.image promises


def test_shrinking_does_not_alias() -> None:
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[::2] = 255
    assert np.ptp(fit_image(stripes, InputSize(90, 90), Fit())) <= 6, "stripes finer than a pixel are plain gray"


def test_a_picture_of_the_right_size_is_left_as_it_is() -> None:
    picture = random_picture(20, 30)
    assert np.array_equal(fit_image(picture, InputSize(20, 30), Fit()), picture)


@pytest.mark.parametrize("fit", FITS, ids=str)
@pytest.mark.parametrize(("height", "width"), [(480, 640), (640, 480), (31, 47), (8, 8), (1, 1), (3, 2000)])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_picture_becomes_the_input(fit: Fit, height: int, width: int, channels: int) -> None:
    for picture in (
        random_picture(height, width),
        random_picture(height, width, 1),
        random_picture(height, width)[:, :, 0],
    ):
        fitted = fit_image(picture, InputSize(24, 32, channels), fit)
        assert fitted.shape == (24, 32, channels)
        assert fitted.dtype == np.uint8


@pytest.mark.parametrize("fit", FITS, ids=str)
def test_an_array_and_a_pillow_image_give_the_same(fit: Fit) -> None:
    picture = random_picture(123, 217)
    size = InputSize(40, 40)
    assert np.array_equal(fit_image(picture, size, fit), fit_image(Image.fromarray(picture), size, fit))


def test_an_array_that_is_not_contiguous_gives_the_same() -> None:
    wide = random_picture(100, 300)
    view = wide[::2, 50:250][:, ::-1]
    size = InputSize(16, 16)
    assert np.array_equal(fit_image(view, size, Fit()), fit_image(view.copy(), size, Fit()))


def test_the_crop_is_the_centre_square_times_the_fraction() -> None:
    assert crop_box(640, 480, InputSize(224, 224), Fit()) == (80, 0, 560, 480)
    assert crop_box(640, 480, InputSize(224, 224), Fit("crop", 0.5)) == (200, 120, 440, 360)
    assert crop_box(640, 480, InputSize(224, 224), Fit("squash")) == (0, 0, 640, 480)
    assert crop_box(100, 400, InputSize(height=20, width=10), Fit()) == (0, 100, 100, 300)


def test_a_letterbox_keeps_the_whole_picture_between_black_bars() -> None:
    fitted = fit_image(np.full((50, 100, 3), 200, np.uint8), InputSize(20, 20), Fit("letterbox"))
    assert (fitted[:5] == 0).all()
    assert (fitted[15:] == 0).all()
    assert (fitted[5:15] == 200).all()


def test_gray_is_the_luma_of_red_green_and_blue() -> None:
    for colour, luma in (((255, 0, 0), 76), ((0, 255, 0), 150), ((0, 0, 255), 29)):
        picture = np.broadcast_to(np.uint8(colour), (10, 10, 3))
        assert (fit_image(picture, InputSize(5, 5, 1), Fit()) == luma).all()


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 4, 3)), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8), np.zeros(4, np.uint8)]
)
def test_an_array_of_another_form_is_refused_with_what_was_expected(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected uint8, height x width x 3"):
        fit_image(wrong, InputSize(4, 4), Fit())


def test_a_decoder_may_stop_at_the_size_that_is_enough(photos: Path) -> None:
    """A JPEG decoded at a fraction of its size differs from the whole one by less than a source may."""
    large = Image.open(photos / "rocket.jpg").resize((1920, 1280))
    path = photos.parent / "large.jpg"
    large.save(path, quality=92)
    for fit in FITS:
        size = InputSize(224, 224)
        reduced = open_reduced(path, least_size(size, fit))
        assert reduced.image.width < large.width
        difference = np.abs(fit_image(reduced, size, fit).astype(int) - fit_image(open_picture(path), size, fit))
        assert difference.mean() <= SOURCE_TOLERANCE


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fit", FITS, ids=str)
def test_a_reduced_picture_is_seen_in_the_same_part_as_the_whole_one(fit: Fit, orientation: int) -> None:
    """Slopes of a level for each 4.1 pixels of the file, across and down."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    size = InputSize(80, 100, 1)
    for slope in np.meshgrid(np.arange(1015) / 4.1, np.arange(997) / 4.1):
        file = io.BytesIO()
        Image.fromarray(slope.round().astype(np.uint8)).save(file, "JPEG", quality=100, exif=exif)
        whole, reduced = open_picture(file.getvalue()), open_reduced(file.getvalue(), (120, 120))
        assert (reduced.image.width, reduced.size) == (math.ceil(whole.width / 8), whole.size)
        off = fit_image(reduced, size, fit).astype(float) - fit_image(whole, size, fit)
        # Not at the edges, where there are bars. The rounding of the levels alone adds 0.3; half a pixel of the
        # reduced picture is 1 level.
        assert abs(off[12:-12, 12:-12].mean()) <= 0.35


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_a_picture_of_each_format_is_turned_upright_once(form: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    levels = np.kron(np.array([[0, 80], [160, 240]], np.uint8), np.ones((48, 64), np.uint8))
    picture = Image.fromarray(levels).convert("RGB")
    turned = io.BytesIO()
    picture.save(turned, "PNG", exif=exif)
    file = io.BytesIO()
    picture.save(file, form, exif=exif)  # AVIF's takes the orientation out of the exif
    expected = ImageOps.exif_transpose(Image.open(turned))
    opened = open_picture(file.getvalue())
    assert opened.size == expected.size
    off = np.asarray(opened).astype(int) - np.asarray(expected)
    assert np.abs(off).mean() < 5, "more than a lossy format's error"


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {"exif": b"b'Exif\\x00'aaaa"}),  # as programs write it that save the text of the bytes
        ("JPEG", {"exif": b"Exif\0\0" + bytes(8), "dpi": (72, 72)}),
        ("WEBP", {"exif": b"Exif\0\0" + bytes(8), "lossless": True}),
    ],
)
def test_damaged_exif_is_no_damage_to_the_picture(form: str, options: dict[str, Any]) -> None:
    file = io.BytesIO()
    Image.new("RGB", (32, 24), "red").save(file, form, **options)
    opened = open_picture(file.getvalue())
    assert opened.size == (32, 24)
    assert np.abs(np.asarray(opened).astype(int) - (255, 0, 0)).max() <= 2


def test_reduced_jpegs_of_real_photos_are_what_the_whole_ones_are(data_dir: Path) -> None:
    """Photos enlarged to 1080 pixels and more. Where two classes are near each other, less than a level decides."""
    classifier = Classifier.load()
    size, fit = classifier.card.input, classifier.card.fit
    data = open_dataset(data_dir / "imagenet_sample_even.tar", "all")
    differences, right = [], {"reduced": 0, "whole": 0}
    numbers = range(0, len(data), 4)
    for number in numbers:
        small = data.read(number).convert("RGB")  # type: ignore[union-attr]
        factor = math.ceil(1080 / min(small.size))
        file = io.BytesIO()
        small.resize((small.width * factor, small.height * factor)).save(file, "JPEG", quality=90)
        reduced = open_reduced(file.getvalue(), least_size(size, fit))
        assert reduced.image.width < reduced.size[0]
        by_reduced, by_whole = fit_image(reduced, size, fit), fit_image(open_picture(file.getvalue()), size, fit)
        differences.append(np.abs(by_reduced.astype(int) - by_whole).mean())
        for name, image in (("reduced", by_reduced), ("whole", by_whole)):
            right[name] += classifier.score(image).argmax() == data.targets[number]
    assert np.mean(differences) <= SOURCE_TOLERANCE
    assert right["reduced"] >= right["whole"] - 0.02 * len(numbers)


@pytest.mark.parametrize("fit", FITS, ids=str)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ["cat", "coffee", "rocket"])
def test_video_frames_are_fitted_as_pictures_are(photos: Path, fit: Fit, channels: int, name: str) -> None:
    photo = np.asarray(Image.open(photos / f"{name}.jpg").resize((640, 480)))
    decoded = av.VideoFrame.from_ndarray(photo, "rgb24").reformat(format="yuv420p")
    size = InputSize(224, 224, channels)
    by_picture = fit_image(decoded.to_ndarray(format="rgb24"), size, fit)
    by_source = VideoScaler(size, fit).fit(decoded)
    assert by_source.shape == by_picture.shape
    assert np.abs(by_source.astype(int) - by_picture).mean() <= SOURCE_TOLERANCE


@pytest.mark.parametrize("fit", FITS, ids=str)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ["cat", "coffee", "rocket"])
def test_large_arrays_are_fitted_as_pictures_are(photos: Path, fit: Fit, channels: int, name: str) -> None:
    photo = np.asarray(Image.open(photos / f"{name}.jpg").resize((1920, 1080)))
    size = InputSize(224, 224, channels)
    for picture in (photo, photo[:, :, 1], photo[:, ::-1]):
        by_scaler = VideoScaler(size, fit).fit_array(picture)
        assert np.abs(by_scaler.astype(int) - fit_image(picture, size, fit)).mean() <= SOURCE_TOLERANCE


def test_video_of_real_photos_gets_the_answers_of_the_photos(data_dir: Path) -> None:
    """Photos enlarged three times, as the YUV 4:2:0 frames that cameras and decoders give."""
    classifier = Classifier.load()
    size, fit = classifier.card.input, classifier.card.fit
    scaler = VideoScaler(size, fit)
    data = open_dataset(data_dir / "imagenet_sample_even.tar", "all")
    differences, same = [], 0
    for number in range(len(data)):
        small = data.read(number).convert("RGB")  # type: ignore[union-attr]
        large = np.asarray(small.resize((small.width * 3 // 2 * 2, small.height * 3 // 2 * 2)))
        decoded = av.VideoFrame.from_ndarray(large, "rgb24").reformat(format="yuv420p")
        # PyAV's to_ndarray rounds down, by 1 level in the mean; the full-size RGB is made with exact rounding.
        full_size = VideoScaler(InputSize(decoded.height, decoded.width), Fit("squash")).fit(decoded)
        by_source, by_picture = scaler.fit(decoded), fit_image(full_size, size, fit)
        differences.append(np.abs(by_source.astype(int) - by_picture).mean())
        same += classifier.score(by_source).argmax() == classifier.score(by_picture).argmax()
    told = f"mean difference {np.mean(differences):.2f}, largest {max(differences):.2f}"
    print(f"{told}, same top-1 on {same / len(differences):.1%}")
    assert np.mean(differences) <= SOURCE_TOLERANCE
    assert same / len(differences) >= 0.98
