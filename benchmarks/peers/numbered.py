"""Pictures with a number in their middle, by which a frame is known again after it was sent, decoded and fitted."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

# Numbers are levels of gray, as far apart as a JPEG's and a scaler's rounding never moves them.
COUNT = 32
_STEP = 256 // COUNT
# The side of the gray square and of what is read of it, as shares of the picture's height.
_SIDE, _READ_SIDE = 0.25, 0.1


def number_photo(photo: Image.Image) -> Iterator[Image.Image]:
    """The photo COUNT times, RGB, numbered from 0."""
    side = round(photo.height * _SIDE)
    for number in range(COUNT):
        picture = photo.convert("RGB")
        square = Image.new("RGB", (side, side), (_level(number),) * 3)
        picture.paste(square, ((picture.width - side) // 2, (picture.height - side) // 2))
        yield picture


def encode_jpegs(photo: Image.Image) -> list[bytes]:
    """The numbered photo, each a JPEG."""
    contents = []
    for picture in number_photo(photo):
        content = io.BytesIO()
        picture.save(content, "JPEG", quality=90)
        contents.append(content.getvalue())
    return contents


def read_number(image: np.ndarray) -> int:
    """uint8, height x width x channels; the middle of a numbered picture, whatever was cut off around it."""
    reach = max(1, round(image.shape[0] * _READ_SIDE / 2))
    middle = image.shape[0] // 2, image.shape[1] // 2
    seen = image[middle[0] - reach : middle[0] + reach, middle[1] - reach : middle[1] + reach]
    return min(COUNT - 1, int(seen.mean()) // _STEP)


def _level(number: int) -> int:
    return number * _STEP + _STEP // 2
