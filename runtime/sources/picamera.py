"""The Raspberry Pi's own camera, by picamera2: its image processor scales, so that no core has to."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError, TimeoutError
from contextlib import contextmanager
from typing import Any, Callable

import numpy as np

from runtime.card import ModelCard
from runtime.errors import SourceError
from runtime.sources.fitting import fit_view
from runtime.sources.live import LiveSource
from runtime.sources.options import SourceOptions
from runtime.sources.request import SourceRequest
from runtime.sources.source import Source

NAME = "picamera2"
# Twice the network's side: the image processor does the large step, the one resize the last.
_OVERSAMPLING = 2
# picamera2's own deadline comes after that of the live source: there to end a thread that was left behind.
_GRACE_SECONDS = 1.0


def open_pi_camera(request: SourceRequest) -> Source:
    return LiveSource(PicameraFeed(request.card, request.options), request.options, request.on_event)


class PicameraFeed:
    """The camera that libcamera finds first; see Feed. Its pictures are uint8 arrays, height x width x 3, RGB.

    open_camera: gives a Picamera2; by default picamera2's own. Raises SourceError where that is not installed.
    """

    name = NAME

    def __init__(self, card: ModelCard, options: SourceOptions, open_camera: Callable[[], Any] | None = None) -> None:
        self._card = card
        self._options = options
        self._open_camera = open_camera or import_picamera2()
        self._camera: Any = None

    @contextmanager
    def open(self) -> Iterator[Iterator[np.ndarray]]:
        try:
            self._camera = camera = self._open_camera()
            try:
                camera.configure(self._configuration(camera))
                camera.start()
                yield self._capture(camera)
            finally:
                camera.close()  # stops it, too, where a stop alone would wait for a frame that does not come
        except (RuntimeError, IndexError, OSError, TimeoutError, CancelledError) as error:
            remedy = "check its cable, and that no other program has it: rpicam-hello"
            raise SourceError(f"{NAME}: cannot read the camera ({error}); {remedy}") from None

    def interrupt(self) -> None:
        if self._camera is not None:
            self._camera.close()

    def refit(self, card: ModelCard) -> None:
        """The image processor's size stays, until the camera is opened again."""
        self._card = card

    def fit(self, picture: np.ndarray) -> np.ndarray:
        card = self._card
        return fit_view(picture, card.input, card.fit, self._options.view)

    def _configuration(self, camera: Any) -> Any:
        """A small main stream: every Pi's image processor makes RGB of it (only of the `lores` one, on a Pi 4 and
        older, it makes nothing but YUV420). "BGR888" is picamera2's name, by the order in a 24-bit word, of RGB.

        Half the sensor's size is the smallest mode of Raspberry Pi's sensors that sees all that the lens does; left
        to the size of the main stream, libcamera takes one that sees the middle only.
        """
        least = max(self._card.input.height, self._card.input.width) * _OVERSAMPLING
        sensor_width, sensor_height = camera.sensor_resolution
        width, height = self._options.camera_size or (least * sensor_width / sensor_height, least)
        rate = self._options.camera_fps
        return camera.create_video_configuration(
            main={"size": (2 * round(width / 2), 2 * round(height / 2)), "format": "BGR888"},
            raw={"size": (sensor_width // 2, sensor_height // 2)},
            controls={} if rate is None else {"FrameRate": rate},
        )

    def _capture(self, camera: Any) -> Iterator[np.ndarray]:
        while True:
            yield camera.capture_array("main", wait=self._options.timeout + _GRACE_SECONDS)


def import_picamera2() -> Any:
    """The class Picamera2. Raises SourceError where it cannot be imported."""
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        raise SourceError(
            f"picamera2 cannot be imported ({error}); sudo apt install python3-picamera2, and make the virtual "
            "environment with --system-site-packages"
        ) from None
    except ValueError as error:  # what extensions made for numpy 1, as Debian 12's, say of numpy 2
        raise SourceError(
            f"picamera2 cannot be imported ({error}); it is made for an older numpy than this environment's: "
            "pip install 'edgeframe[tflite]' 'numpy<2'"
        ) from None
    return Picamera2
