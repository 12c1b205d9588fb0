"""How a source's picture is looked at: turned, mirrored, in part, inverted."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from runtime.errors import UsageError

ROTATIONS = (0, 90, 180, 270)
FLIPS = ("", "h", "v")


@dataclass(frozen=True)
class Box:
    """A part of a picture, in whole pixels from its upper left corner: left and top within, right and bottom past."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.right - self.left, self.bottom - self.top

    def moved(self, x: int, y: int) -> Box:
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)


@dataclass(frozen=True)
class Orientation:
    """How a picture is laid upright: `mirrored` left to right first, then turned clockwise by `quarters` (0..3)."""

    quarters: int = 0
    mirrored: bool = False

    def then(self, later: Orientation) -> Orientation:
        """This one first and the later one after it, as one."""
        own = -self.quarters if later.mirrored else self.quarters
        return Orientation((own + later.quarters) % 4, self.mirrored != later.mirrored)

    def upright_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of an upright picture (and, as it is its own inverse, those before it was turned)."""
        return (height, width) if self.quarters % 2 else (width, height)

    def before(self, box: Box, width: int, height: int) -> Box:
        """Where a box of the upright picture, which is `width` x `height`, lies in the picture as it came."""
        for _ in range(self.quarters):  # each turns the picture back by a quarter
            box = Box(box.top, width - box.right, box.bottom, width - box.left)
            width, height = height, width
        return Box(width - box.right, box.top, width - box.left, box.bottom) if self.mirrored else box

    def apply(self, picture: np.ndarray) -> np.ndarray:
        """A picture, height x width (x channels), upright."""
        picture = picture[:, ::-1] if self.mirrored else picture
        return np.ascontiguousarray(np.rot90(picture, -self.quarters))


@dataclass(frozen=True)
class View:
    """What is done to the upright picture of a source (by its own metadata) before it is fitted, in this order.

    rotate: degrees clockwise, 0, 90, 180 or 270. flip: "h" mirrors left to right, "v" top to bottom.
    crop: the part that is looked at, in pixels of the picture as it stands then. invert: 255 - value, for dark ink
    on paper and a network that learned light on dark.
    """

    rotate: int = 0
    flip: str = ""
    crop: Box | None = None
    invert: bool = False

    def __post_init__(self) -> None:
        if self.rotate not in ROTATIONS:
            raise UsageError(f"--rotate {self.rotate}: expected 0, 90, 180 or 270 degrees")
        if self.flip not in FLIPS:
            raise UsageError(f"--flip {self.flip}: expected h (left to right) or v (top to bottom)")

    @property
    def orientation(self) -> Orientation:
        turned = Orientation(self.rotate // 90)
        return turned.then(Orientation(2 if self.flip == "v" else 0, mirrored=bool(self.flip)))

    def box(self, width: int, height: int) -> Box:
        """The part that is looked at of a picture of this size, upright. Raises UsageError where it reaches out."""
        if self.crop is None:
            return Box(0, 0, width, height)
        if self.crop.right > width or self.crop.bottom > height:
            (wide, high), left, top = self.crop.size, self.crop.left, self.crop.top
            raise UsageError(
                f"--crop {left},{top},{wide},{high} reaches out of the picture, which is {width}x{height}; "
                "x + width and y + height may be that much at most"
            )
        return self.crop


def parse_crop(text: str) -> Box:
    """`x,y,width,height` in pixels. Raises UsageError for anything else."""
    match = re.fullmatch(r"(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6})", text)
    if match is None:
        raise UsageError(f"--crop {text}: expected x,y,width,height in pixels, for example 100,50,320,240")
    x, y, width, height = map(int, match.groups())
    if not (width and height):
        raise UsageError(f"--crop {text}: its width and height must be above 0")
    return Box(x, y, x + width, y + height)
