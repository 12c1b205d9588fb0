"""A picture on its way from a source to the network."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Frame:
    """One picture of a source.

    image: uint8, height x width x 3, RGB (x 1 where the network takes gray and the source has fitted it).
    captured_at: monotonic seconds (time.monotonic) at which the picture came from the source.
    index: counts from 0 within the source, dropped frames included.
    source: what the source is called.
    is_fitted: the image already is the network's input, as runtime.image.fit_image makes it.
    prepare: seconds that the source took to decode or scale it.
    recorded_at: seconds from the beginning of the recording that it is of; None where it is of none, or that does not
        tell.
    """

    image: np.ndarray
    captured_at: float = field(default_factory=time.monotonic)
    index: int = 0
    source: str = ""
    is_fitted: bool = False
    prepare: float = 0.0
    recorded_at: float | None = None

    @property
    def moment(self) -> float:
        """Seconds, of whatever beginning, by which frames of one source lie apart: the recording's own, as that is
        read faster or slower than it was taken."""
        return self.captured_at if self.recorded_at is None else self.recorded_at
