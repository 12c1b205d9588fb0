"""A source's picture to the network's input under a view, at the least cost: only what is looked at is scaled, and
only what is left of it is turned and inverted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runtime.card import Fit, InputSize
from runtime.image import Picture, crop_box, fit_image, picture_size, scaled_size
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
        sides = (self.size.height, self.size.width, self.size.channels)
        return small if small.shape == sides else fit_image(small, self.size, self.fit)


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
    scaled = scaled_size(*seen.size, size, fit)
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
    plan = plan_fit(picture_size(picture), size, fit, view)
    small = fit_image(_cut(picture, plan.box), InputSize(plan.height, plan.width, size.channels), _WHOLE)
    return plan.finish(small)


def _cut(picture: Picture, box: Box) -> Picture:
    if isinstance(picture, np.ndarray):
        return picture[box.top : box.bottom, box.left : box.right]
    return picture.crop((box.left, box.top, box.right, box.bottom))
