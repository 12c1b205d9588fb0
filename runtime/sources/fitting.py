"""A source's picture to the network's input under a view, at the least cost: only what is looked at is scaled, and
only what is left of it is turned and inverted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from runtime.card import Fit, InputSize
from runtime.image import Picture, crop_box, fit_image
from runtime.sources.view import Box, Orientation, View

_WHOLE = Fit("squash")
_AS_IT_IS = View()
_UPRIGHT = Orientation()


@dataclass(frozen=True)
class FitPlan:
    """What becomes of each picture of one size.

    box: the part of the picture, as it came, that is looked at. width, height: to which that part is scaled.
    orientation, inverted: what is then done to the small picture. size, fit: what it becomes last, which scales
    nothing any more: the bars of a letterbox and the channels are left.
    """

    box: Box
    width: int
    height: int
    orientation: Orientation
    inverted: bool
    size: InputSize
    fit: Fit

    def finish(self, small: np.ndarray) -> np.ndarray:
        """The network's input of the scaled part: uint8, height x width x 3 (RGB) or height x width (gray)."""
        if self.orientation != _UPRIGHT:
            small = self.orientation.apply(small)
        if self.inverted:
            small = 255 - small
        return fit_image(small, self.size, self.fit)


def plan_fit(
    picture_size: tuple[int, int], size: InputSize, fit: Fit, view: View, recorded: Orientation = _UPRIGHT
) -> FitPlan:
    """How a picture of a width and height is fitted; `recorded` is how its metadata says that it is laid upright.

    Raises UsageError where the view's crop reaches out of it.
    """
    orientation = recorded.then(view.orientation)
    upright = orientation.upright_size(*picture_size)
    part = view.box(*upright)
    seen = Box(*crop_box(*part.size, size, fit)).moved(part.left, part.top)
    scaled = _letterboxed(*part.size, size) if fit.mode == "letterbox" else (size.width, size.height)
    return FitPlan(
        orientation.before(seen, *upright),
        *orientation.upright_size(*scaled),
        orientation,
        view.invert,
        size,
        fit if fit.mode == "letterbox" else _WHOLE,
    )


def fit_view(picture: Picture, size: InputSize, fit: Fit, view: View) -> np.ndarray:
    """`runtime.image.fit_image` of what a view shows of a picture."""
    if view == _AS_IT_IS:
        return fit_image(picture, size, fit)
    picture_size = picture.size if isinstance(picture, Image.Image) else (picture.shape[1], picture.shape[0])
    plan = plan_fit(picture_size, size, fit, view)
    small = fit_image(_cut(picture, plan.box), InputSize(plan.height, plan.width, size.channels), _WHOLE)
    return plan.finish(small)


def _cut(picture: Picture, box: Box) -> Picture:
    if isinstance(picture, Image.Image):
        return picture.crop((box.left, box.top, box.right, box.bottom))
    return picture[box.top : box.bottom, box.left : box.right]


def _letterboxed(width: int, height: int, size: InputSize) -> tuple[int, int]:
    """Width and height of the whole picture between the bars of a letterbox, as runtime.image rounds them."""
    scale = min(size.width / width, size.height / height)
    return (
        min(size.width, max(1, round(width * scale))),
        min(size.height, max(1, round(height * scale))),
    )
