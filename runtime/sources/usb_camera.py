"""A camera on USB (or built in), by the system's own interface: v4l2 on Linux, avfoundation on macOS, dshow on Windows.

The last two are as FFmpeg documents them; they have not been tried by us.
"""

from __future__ import annotations

import sys
from functools import partial

import av

from runtime.card import InputSize
from runtime.errors import SourceError
from runtime.sources.camera_mode import FFMPEG_FORMATS, USUAL_RATE, choose_mode
from runtime.sources.live import LiveSource
from runtime.sources.options import SourceOptions
from runtime.sources.request import SourceRequest
from runtime.sources.source import Source
from runtime.sources.v4l2 import SoughtCamera
from runtime.sources.v4l2_modes import list_modes
from runtime.sources.video import VideoInput
from runtime.sources.video_feed import VideoFeed
from runtime.sources.video_kinds import make_scaler

# sys.platform: FFmpeg's name of its interface
_INTERFACES = {"darwin": "avfoundation", "win32": "dshow"}


def open_usb_camera(request: SourceRequest) -> Source:
    """Camera number N (`0`: the first that there is), or a device (`/dev/video0`).

    Raises SourceError where there is no such camera, unless the options say to wait for it.
    """
    spec, options = request.spec, request.options
    if sys.platform in _INTERFACES:
        find = partial(_find_elsewhere, _INTERFACES[sys.platform], spec, options)
        feed = VideoFeed(f"camera {spec}", find, make_scaler(request), options.timeout)
        return LiveSource(feed, options, request.on_event)
    camera = SoughtCamera(spec)
    if not options.wait:
        camera.find()
    find = partial(_find_linux, camera, options, request.card.input)
    feed = VideoFeed(camera.name, find, make_scaler(request), options.timeout, interrupt=camera.interrupt)
    return LiveSource(feed, options, request.on_event)


def _find_linux(camera: SoughtCamera, options: SourceOptions, size: InputSize) -> VideoInput:
    """What to open, in the mode that suits. Raises SourceError where the camera is not there."""
    device = camera.find()
    modes = list_modes(device, options.camera_size)
    if not modes:
        return VideoInput(camera.name, device, "v4l2", _asked(options))
    mode = choose_mode(device, modes, options, size)
    asked = {
        "input_format": FFMPEG_FORMATS[mode.pixel_format],
        "video_size": f"{mode.width}x{mode.height}",
        "framerate": f"{mode.nearest_rate(options.camera_fps or USUAL_RATE):g}",
    }
    return VideoInput(camera.name, device, "v4l2", asked)


def _find_elsewhere(interface: str, spec: str, options: SourceOptions) -> VideoInput:
    """avfoundation counts its cameras, dshow names them; without a rate the first refuses many of them."""
    address = spec
    if interface == "dshow" and spec.isdigit():
        address = f"video={_name_of(interface, int(spec))}"
    asked = {"framerate": f"{USUAL_RATE:g}", **_asked(options)} if interface == "avfoundation" else _asked(options)
    return VideoInput(f"camera {spec}", address, interface, asked)


def _name_of(interface: str, number: int) -> str:
    cameras = [device for device in av.enumerate_input_devices(interface) if "video" in device.media_types]
    if number >= len(cameras):
        raise SourceError(f"camera {number}: no such camera; there are {len(cameras)}, see: runtime cameras")
    return str(cameras[number].name)


def _asked(options: SourceOptions) -> dict[str, str]:
    asked = {}
    if options.camera_size is not None:
        asked["video_size"] = "{}x{}".format(*options.camera_size)
    if options.camera_fps is not None:
        asked["framerate"] = f"{options.camera_fps:g}"
    return asked
