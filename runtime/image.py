"""The one resize: what fits a picture to a network's input, in training, conversion, benchmarks and on the device.

It is antialiased: each output pixel is the mean of the area that it covers (by Pillow's Hamming filter, which is
within 0.7 of 255 levels of the exact mean on photos; its BOX takes whole pixels only and is up to 2 off). A picture
that must grow is interpolated linearly.
"""

from __future__ import annotations

import math
from typing import Union

import numpy as np
from PIL import Image

from runtime.card import Fit, InputSize
from runtime.picture import FloatBox, ReducedPicture

Picture = Union[np.ndarray, Image.Image, ReducedPicture]

# Pillow shrinks by a whole factor first, which is quick, and leaves at least this many pixels a side for each
# output pixel. So does a JPEG's decoder: with 1.4, it takes half the time for 720p and 224, is 0.5 levels off in the
# mean, and another answer comes of 2 in 100 photos.
_REDUCING_GAP = 2.0


def crop_box(width: int, height: int, size: InputSize, fit: Fit) -> tuple[int, int, int, int]:
    """The part of a picture that the network sees: left, top, right, bottom in whole pixels."""
    if fit.mode != "crop":
        return 0, 0, width, height
    scale = min(width / size.width, height / size.height) * fit.fraction
    crop_width = min(width, max(1, round(size.width * scale)))
    crop_height = min(height, max(1, round(size.height * scale)))
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    return left, top, left + crop_width, top + crop_height


def least_size(size: InputSize, fit: Fit) -> tuple[int, int]:
    """Width and height at which a decoder may stop: twice what is needed, so that the last step is still a mean."""
    scale = _REDUCING_GAP / fit.fraction
    return math.ceil(size.width * scale), math.ceil(size.height * scale)


def scaled_size(width: int, height: int, size: InputSize, fit: Fit) -> tuple[int, int]:
    """Width and height to which the part that the network sees is scaled: all of the input, but for a letterbox's
    bars."""
    if fit.mode != "letterbox":
        return size.width, size.height
    scale = min(size.width / width, size.height / height)
    return min(size.width, max(1, round(width * scale))), min(size.height, max(1, round(height * scale)))


def fit_image(picture: Picture, size: InputSize, fit: Fit) -> np.ndarray:
    """A picture as the network's input.

    Args:
        picture: uint8 array, height x width x 3 (RGB), or height x width (x 1) (gray); or a Pillow image in
            mode RGB or L, whole or reduced: the same part of it is seen.
        size: what the network takes.
        fit: how a picture of another shape becomes that.

    Returns:
        uint8 array, size.height x size.width x size.channels; gray by ITU-R 601 luma.

    Raises:
        ValueError: the array is not as described.
    """
    if isinstance(picture, np.ndarray):
        _check_array(picture)
    box = crop_box(*picture_size(picture), size, fit)
    if isinstance(picture, np.ndarray) and box == (0, 0, size.width, size.height) == (0, 0, *picture_size(picture)):
        return _convert_channels(picture, size.channels)
    scaled = scaled_size(box[2] - box[0], box[3] - box[1], size, fit)
    small = _resize(*_cut(picture, box), *scaled)
    if fit.mode == "letterbox":
        small = _frame(small, size)
    return _convert_channels(np.asarray(small), size.channels)


def picture_size(picture: Picture) -> tuple[int, int]:
    """Width and height."""
    return (picture.shape[1], picture.shape[0]) if isinstance(picture, np.ndarray) else picture.size


def is_picture(picture: np.ndarray) -> bool:
    """Whether an array has the form that `fit_image` takes."""
    channels = picture.shape[2:] if picture.ndim in (2, 3) else None
    return channels in ((), (1,), (3,)) and picture.dtype == np.uint8 and 0 not in picture.shape


def _check_array(picture: np.ndarray) -> None:
    if not is_picture(picture):
        raise ValueError(
            f"a picture of shape {picture.shape} and dtype {picture.dtype}; "
            "expected uint8, height x width x 3 (RGB) or height x width (gray)"
        )


def _as_pillow(picture: np.ndarray, box: tuple[int, int, int, int]) -> Image.Image:
    """The part of an array inside `box`, copied once."""
    left, top, right, bottom = box
    if picture.ndim == 2 or picture.shape[2] == 1:
        part = picture[top:bottom, left:right].reshape(bottom - top, right - left)
        return Image.fromarray(np.ascontiguousarray(part))
    # Pillow unpacks RGB rows from where they lie in the whole picture, so the part is not cut out first.
    stride = picture.shape[1] * 3
    rows = np.ascontiguousarray(picture).reshape(-1)[top * stride + left * 3 : (bottom - 1) * stride + right * 3]
    return Image.frombuffer("RGB", (right - left, bottom - top), rows, "raw", "RGB", stride, 1)


def _cut(picture: Picture, box: tuple[int, int, int, int]) -> tuple[Image.Image, FloatBox]:
    """What holds the part of a picture inside `box`, and where in that the part lies.

    What is past its pixels has no share in the result.
    """
    if isinstance(picture, ReducedPicture):
        reduced = picture.crop(box)
        return reduced.image, reduced.box
    part = picture.crop(box) if isinstance(picture, Image.Image) else _as_pillow(picture, box)
    return part, (0, 0, part.width, part.height)


def _resize(part: Image.Image, box: FloatBox, width: int, height: int) -> Image.Image:
    shrinks = box[2] - box[0] >= width and box[3] - box[1] >= height
    method = Image.Resampling.HAMMING if shrinks else Image.Resampling.BILINEAR
    return part.resize((width, height), method, box, reducing_gap=_REDUCING_GAP)


def _frame(inner: Image.Image, size: InputSize) -> Image.Image:
    """A picture in the middle of a black one."""
    framed = Image.new(inner.mode, (size.width, size.height))
    framed.paste(inner, ((size.width - inner.width) // 2, (size.height - inner.height) // 2))
    return framed


def _convert_channels(picture: np.ndarray, channels: int) -> np.ndarray:
    """height x width (x 1 or 3) as height x width x `channels`."""
    if picture.ndim == 2:
        picture = picture[:, :, np.newaxis]
    if picture.shape[2] == channels:
        return picture
    if channels == 3:
        return np.repeat(picture, 3, axis=2)
    return np.asarray(Image.fromarray(picture).convert("L"))[:, :, np.newaxis]
