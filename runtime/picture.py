"""Decoding a still picture from a file or from bytes, upright and no larger than needed."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Union

from PIL import Image, UnidentifiedImageError

from runtime.errors import EdgeframeError, PictureError
from runtime.folders import what_is_at
from runtime.printable import printable

# HEIC is not read, but is a picture to its owner: it is told where a folder holds it, not passed over in silence.
PICTURE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"),
    *(".avif", ".heic", ".heif"),
)
MAX_PIXELS = 180_000_000

# The others that Pillow knows are left alone: it would hand PostScript that is named photo.jpg to Ghostscript.
_FORMATS = ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM"]
if find_spec("PIL.AvifImagePlugin"):  # from Pillow 11.3 on
    _FORMATS.append("AVIF")
_NO_FILES = {
    "nothing": "no such file",
    "folder": "is a folder, not a picture; name the pictures in it, as find FOLDER -type f does",
    # Opening one could wait for ever.
    "pipe or device": "is a pipe or a device, not a file; save the picture first, or send its name to -",
}
# What is odd in a picture that can be read all the same is of no use to who looks at the answers.
warnings.filterwarnings("ignore", module=r"PIL\.")

_EXIF_ORIENTATION = 0x0112
# EXIF 2.3, 4.6.4: what undoes each orientation
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUARTER_TURNS = (5, 6, 7, 8)

# Where the picture's upper left corner comes to lie; its lower right one may lie within a pixel.
_ENDS_UP_RIGHT, _ENDS_UP_BELOW = (2, 3, 6, 7), (3, 4, 7, 8)

PictureFile = Union[str, Path, bytes]
FloatBox = tuple[float, float, float, float]


@dataclass(frozen=True)
class ReducedPicture:
    """A picture that was decoded at a fraction of its size.

    image: in mode RGB or L. size: width and height of the picture in the file, upright. box: where all of that lies
    in the image: left, top, right, bottom, in pixels of it; what the fraction does not divide ends within one.
    """

    image: Image.Image
    size: tuple[int, int]
    box: FloatBox

    def crop(self, part: tuple[int, int, int, int]) -> ReducedPicture:
        """A part of the picture, in pixels of the one in the file. Pixels that lie in it in part are kept whole."""
        across, down = (self.box[2] - self.box[0]) / self.size[0], (self.box[3] - self.box[1]) / self.size[1]
        left, right = (self.box[0] + x * across for x in part[::2])
        top, bottom = (self.box[1] + y * down for y in part[1::2])
        x, y = math.floor(left), math.floor(top)
        image = self.image.crop((x, y, math.ceil(right), math.ceil(bottom)))
        return ReducedPicture(image, (part[2] - part[0], part[3] - part[1]), (left - x, top - y, right - x, bottom - y))


def open_picture(source: PictureFile, called: str = "picture") -> Image.Image:
    """Decode a picture.

    Args:
        source: a path, or the bytes of a picture file.
        called: what an error calls bytes.

    Returns:
        A Pillow image in mode RGB, or L for a gray one, turned upright by its EXIF orientation. Transparent
        parts lie on white; 16-bit gray keeps its upper 8 bits.

    Raises:
        PictureError: no such file, not a picture, truncated, or larger than MAX_PIXELS.
    """
    with open_header(source, called) as image:
        return decode_reduced(image, None).image


def open_reduced(source: PictureFile, least: tuple[int, int] | None) -> ReducedPicture:
    """`open_picture` at less cost: a JPEG is decoded at 1/2, 1/4 or 1/8 of its size where that is not smaller than
    `least`, the width and height that are enough."""
    with open_header(source) as image:
        return decode_reduced(image, least)


@contextmanager
def open_header(source: PictureFile, called: str = "picture") -> Iterator[Image.Image]:
    """A picture file of which nothing but the header was read; what goes wrong within the context becomes
    PictureError, as in `open_picture`."""
    name = called if isinstance(source, bytes) else str(source)
    if not isinstance(source, bytes):
        found = what_is_at(source, PictureError)
        if found in _NO_FILES:
            raise PictureError(f"{name}: {_NO_FILES[found]}")
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            yield image
    except EdgeframeError:
        raise
    except FileNotFoundError:  # gone in between
        raise PictureError(f"{name}: {_NO_FILES['nothing']}") from None
    except PermissionError as error:
        raise PictureError(f"{name}: {error.strerror}; this user may not read it") from None
    except Image.DecompressionBombError:
        raise PictureError(f"{name}: has more than {MAX_PIXELS:,} pixels; make it smaller first") from None
    except UnidentifiedImageError:
        raise PictureError(
            f"{name}: is no picture that can be read; save it as JPEG or PNG (on a phone: the most compatible format)"
        ) from None
    # Decoders raise whatever they trip over in a damaged file: OSError, SyntaxError, struct.error, KeyError and more.
    except Exception as error:
        reason = printable(str(error))[:200] or type(error).__name__
        raise PictureError(f"{name}: cannot be decoded ({reason}); copy or save it again") from None


def decode_reduced(image: Image.Image, least: tuple[int, int] | None) -> ReducedPicture:
    """`open_reduced` of an image within `open_header`."""
    if image.format == "TIFF":
        image.load()  # newer Pillows turn these upright themselves, and drop the orientation with it
    size = image.size
    orientation = read_orientation(image)
    is_turned = orientation in _QUARTER_TURNS
    draft = image.draft(None, least[::-1] if is_turned else least) if least is not None else None
    image.load()
    width, height = image.size if draft is None else draft[1][2:]
    upright = image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image
    if is_turned:
        size, width, height = size[::-1], height, width
    left = upright.width - width if orientation in _ENDS_UP_RIGHT else 0
    top = upright.height - height if orientation in _ENDS_UP_BELOW else 0
    return ReducedPicture(_flatten(upright), size, (left, top, left + width, top + height))


def decoder_shrinks(image: Image.Image, least: tuple[int, int] | None) -> bool:
    """Whether `decode_reduced` decodes less than the whole of a JPEG, which costs the least of all."""
    if least is None:
        return False
    width, height = image.size[::-1] if read_orientation(image) in _QUARTER_TURNS else image.size
    return min(width // least[0], height // least[1]) > 1


def read_orientation(image: Image.Image) -> int:
    """How the picture in the file is to be laid upright: 1 (it is) to 8 by EXIF; others mean nothing."""
    if image.format == "JPEG" and image.info.keys().isdisjoint(("exif", "xmp")):
        return 1  # Pillow takes 0.1 ms to find nothing
    try:
        orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # damaged EXIF, for which Pillow raises whatever it trips over, is no damage to the picture
        return 1
    return orientation if isinstance(orientation, int) else 1


def _flatten(image: Image.Image) -> Image.Image:
    has_clear_colour = "transparency" in image.info
    if image.mode in ("RGB", "L") and not has_clear_colour:
        return image
    if image.mode == "F":
        raise ValueError("its levels are floating-point numbers of an unknown range")
    if image.mode.startswith("I;16") or image.mode == "I":
        # Pillow's own conversion clips at 255 instead of scaling.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("RGBA", "RGBa", "LA", "La", "PA") or has_clear_colour:
        opaque = Image.new("RGBA", image.size, "white")
        opaque.alpha_composite(image.convert("RGBA"))
        return opaque.convert("RGB")
    return image.convert("L" if image.mode in ("1", "LA") else "RGB")
