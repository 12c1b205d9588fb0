"""A difference of known size between a model and itself: so much of the time of a run is waited busily."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from runtime.backends import Backend


class WaitingBackend:
    """A backend that takes `share` longer than the one inside; see runtime.backends.Backend."""

    def __init__(self, inside: Backend, share: float) -> None:
        self.name, self.threads = inside.name, inside.threads
        self.input, self.output, self.cam = inside.input, inside.output, inside.cam
        self.input_shape = inside.input_shape
        self._inside, self._share = inside, share

    def run(self, image: np.ndarray) -> np.ndarray:
        started = time.monotonic()
        scores = self._inside.run(image)
        wait_busily((time.monotonic() - started) * self._share)
        return scores

    def read_cam(self) -> np.ndarray | None:
        return self._inside.read_cam()


def wait_busily(seconds: float) -> None:
    """Keep the processor for so long."""
    ended = time.monotonic() + seconds
    while time.monotonic() < ended:
        pass
