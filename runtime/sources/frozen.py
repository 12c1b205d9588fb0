"""Whether a camera goes on giving the same picture: its encoder hangs, though its frames come."""

from __future__ import annotations

import zlib

import numpy as np

# A real sensor's noise changes some pixel of the small picture with each frame, so a few looks are proof enough.
_LOOKS = 8


class FrozenWatch:
    """Looks at some of the frames, `_LOOKS` times within the seconds after which they count as frozen.

    after: those seconds; 0: never.
    """

    def __init__(self, after: float) -> None:
        self._after = after
        self.restart()

    def restart(self) -> None:
        """The source was opened again: what comes now is compared with nothing that came before."""
        self.is_frozen = False
        self._checksum = -1
        self._same_since = self._looked_at = float("-inf")

    def look(self, image: np.ndarray, now: float) -> bool:
        """Whether `is_frozen` has changed with this image, at `now` (monotonic seconds)."""
        if not self._after or now - self._looked_at < self._after / _LOOKS:
            return False
        checksum = zlib.crc32(np.ascontiguousarray(image).data)
        self._looked_at = now
        if checksum != self._checksum:
            self._checksum, self._same_since = checksum, now
        was_frozen, self.is_frozen = self.is_frozen, now - self._same_since >= self._after
        return was_frozen != self.is_frozen

    @property
    def reason(self) -> str:
        if not self.is_frozen:
            return "its picture changes again"
        return f"the same picture for {self._after:g} s; look at the camera, or turn it off and on"
