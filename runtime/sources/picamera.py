"""The Raspberry Pi's own camera, by picamera2: its image processor scales, so that no core has to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from runtime.card import ModelCard
from runtime.errors import SourceError
from runtime.frame import Frame
from runtime.image import fit_image
from runtime.sources.latest import Latest

TIMEOUT_SECONDS = 10.0
# Twice the network's side: the image processor does the large step, the one resize the last.
_OVERSAMPLING = 2
_MAIN_ASPECT = 4 / 3


class PicameraSource:
    """Frames of the camera that libcamera finds first; see Source."""

    name = "picamera2"
    is_video = True

    def __init__(self, card: ModelCard, open_camera: Callable[[], Any] | None = None) -> None:
        """`open_camera` gives a Picamera2; by default picamera2's own."""
        self._card = card
        self._open_camera = open_camera or _import_picamera2()
        self._latest: Latest[tuple[int, float, np.ndarray]] | None = None

    def __enter__(self) -> PicameraSource:
        self._latest = Latest(self._capture, self.name, TIMEOUT_SECONDS)
        self._latest.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._latest is not None:
            self._latest.stop()

    def __iter__(self) -> Iterator[Frame]:
        assert self._latest is not None, "enter the source first"
        for index, captured_at, picture in self._latest:
            started = time.monotonic()
            image = fit_image(picture, self._card.input, self._card.fit)
            yield Frame(image, captured_at, index, self.name, is_fitted=True, prepare=time.monotonic() - started)

    def _capture(self, stopped: Callable[[], bool]) -> Iterator[tuple[int, float, np.ndarray]]:
        height = max(self._card.input.height, self._card.input.width) * _OVERSAMPLING
        size = (2 * round(height * _MAIN_ASPECT / 2), 2 * round(height / 2))
        try:
            camera = self._open_camera()
            # picamera2 names formats by the order in a 24-bit word: its "BGR888" arrays are RGB.
            camera.configure(camera.create_video_configuration(main={"size": size, "format": "BGR888"}))
            camera.start()
        except (RuntimeError, IndexError, OSError) as error:
            raise SourceError(f"picamera2: cannot open the camera ({error}); check its cable: rpicam-hello") from None
        index = 0
        try:
            while not stopped():
                picture = camera.capture_array("main")
                yield index, time.monotonic(), picture
                index += 1
        finally:
            camera.stop()
            camera.close()


def _import_picamera2() -> Callable[[], Any]:
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        raise SourceError(
            f"picamera2 cannot be imported ({error}); sudo apt install python3-picamera2, and make the virtual "
            "environment with --system-site-packages"
        ) from None
    opener: Callable[[], Any] = Picamera2
    return opener
