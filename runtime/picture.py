"""Decoding a still picture from a file or from bytes, upright and no larger than needed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Union

from PIL import Image, UnidentifiedImageError

from runtime.errors import PictureError

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
MAX_PIXELS = 180_000_000

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

PictureFile = Union[str, Path, bytes]


def open_picture(source: PictureFile, least: tuple[int, int] | None = None) -> Image.Image:
    """Decode a picture.

    Args:
        source: a path, or the bytes of a picture file.
        least: width and height that are enough; a JPEG may then be decoded at 1/2, 1/4 or 1/8 of its size,
            never smaller than this.

    Returns:
        A Pillow image in mode RGB, or L for a gray one, turned upright by its EXIF orientation. Transparent
        parts lie on white; 16-bit gray keeps its upper 8 bits.

    Raises:
        PictureError: no such file, not a picture, truncated, or larger than MAX_PIXELS.
    """
    name = "picture" if isinstance(source, bytes) else str(source)
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            if least is not None:
                image.draft(None, least[::-1] if _orientation(image) in _QUARTER_TURNS else least)
            image.load()
            turn = _UPRIGHT.get(_orientation(image))
            return _flatten(image if turn is None else image.transpose(turn))
    except FileNotFoundError:
        raise PictureError(f"{name}: no such file") from None
    except Image.DecompressionBombError:
        raise PictureError(f"{name}: has more than {MAX_PIXELS:,} pixels; make it smaller first") from None
    except UnidentifiedImageError:
        raise PictureError(f"{name}: is no picture that can be read (JPEG, PNG, WebP, BMP, GIF, TIFF)") from None
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, IndexError, TypeError) as error:
        reason = str(error) or type(error).__name__
        raise PictureError(f"{name}: cannot be decoded ({reason}); copy or save it again") from None


def _orientation(image: Image.Image) -> int:
    orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
    return orientation if isinstance(orientation, int) else 1


def _flatten(image: Image.Image) -> Image.Image:
    has_clear_colour = "transparency" in image.info
    if image.mode in ("RGB", "L") and not has_clear_colour:
        return image
    if image.mode.startswith("I;16") or image.mode == "I":
        # Pillow's own conversion clips at 255 instead of scaling.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("RGBA", "RGBa", "LA", "La", "PA") or has_clear_colour:
        opaque = Image.new("RGBA", image.size, "white")
        opaque.alpha_composite(image.convert("RGBA"))
        return opaque.convert("RGB")
    return image.convert("L" if image.mode in ("1", "LA") else "RGB")
