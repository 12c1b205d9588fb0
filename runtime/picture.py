"""Decoding a still picture from a file or from bytes, upright and no larger than needed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Union

from PIL import Image, ImageOps, UnidentifiedImageError

from runtime.errors import PictureError

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
MAX_PIXELS = 180_000_000

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
                image.draft(None, _upright(image, least))
            image.load()
            return _flatten(ImageOps.exif_transpose(image))
    except FileNotFoundError:
        raise PictureError(f"{name}: no such file") from None
    except Image.DecompressionBombError:
        raise PictureError(f"{name}: has more than {MAX_PIXELS:,} pixels; make it smaller first") from None
    except UnidentifiedImageError:
        raise PictureError(f"{name}: is no picture that can be read (JPEG, PNG, WebP, BMP, GIF, TIFF)") from None
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, IndexError, TypeError) as error:
        reason = str(error) or type(error).__name__
        raise PictureError(f"{name}: cannot be decoded ({reason}); copy or save it again") from None


def _upright(image: Image.Image, least: tuple[int, int]) -> tuple[int, int]:
    """`least` as it lies in the file: EXIF orientations 5 to 8 are turned by a quarter."""
    return least[::-1] if image.getexif().get(0x0112, 1) in (5, 6, 7, 8) else least


def _flatten(image: Image.Image) -> Image.Image:
    if image.mode in ("RGB", "L"):
        return image
    if image.mode.startswith("I;16") or image.mode == "I":
        # Pillow's own conversion clips at 255 instead of scaling.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        opaque = Image.new("RGBA", image.size, "white")
        opaque.alpha_composite(image.convert("RGBA"))
        return opaque.convert("RGB")
    return image.convert("L" if image.mode in ("1", "LA") else "RGB")
