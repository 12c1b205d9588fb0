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

Picture = Union[np.ndarray, Image.Image]

# Pillow shrinks by a whole factor first, which is quick, and leaves at least this many pixels a side for each
# output pixel.
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


def fit_image(picture: Picture, size: InputSize, fit: Fit) -> np.ndarray:
    """A picture as the network's input.

    Args:
        picture: uint8 array, height x width x 3 (RGB), or height x width (x 1) (gray); or a Pillow image in
            mode RGB or L.
        size: what the network takes.
        fit: how a picture of another shape becomes that.

    Returns:
        uint8 array, size.height x size.width x size.channels; gray by ITU-R 601 luma.

    Raises:
        ValueError: the array is not as described.
    """
    if isinstance(picture, Image.Image):
        box = crop_box(picture.width, picture.height, size, fit)
        part = picture.crop(box) if fit.mode == "crop" else picture
    else:
        _check_array(picture)
        box = crop_box(picture.shape[1], picture.shape[0], size, fit)
        if box == (0, 0, size.width, size.height) == (0, 0, *picture.shape[1::-1]):
            return _convert_channels(picture, size.channels)
        part = _as_pillow(picture, box)
    small = _letterbox(part, size) if fit.mode == "letterbox" else _resize(part, size.width, size.height)
    return _convert_channels(np.asarray(small), size.channels)


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


def _resize(part: Image.Image, width: int, height: int) -> Image.Image:
    shrinks = part.width >= width and part.height >= height
    method = Image.Resampling.HAMMING if shrinks else Image.Resampling.BILINEAR
    return part.resize((width, height), method, reducing_gap=_REDUCING_GAP)


def _letterbox(part: Image.Image, size: InputSize) -> Image.Image:
    scale = min(size.width / part.width, size.height / part.height)
    width = min(size.width, max(1, round(part.width * scale)))
    height = min(size.height, max(1, round(part.height * scale)))
    framed = Image.new(part.mode, (size.width, size.height))
    inner = _resize(part, width, height)
    framed.paste(inner, ((size.width - width) // 2, (size.height - height) // 2))
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
