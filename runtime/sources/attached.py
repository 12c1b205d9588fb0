"""The cameras that are attached to this machine, with what they offer."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Callable

from runtime.errors import EdgeframeError
from runtime.sources.camera_mode import CameraMode
from runtime.sources.v4l2 import PERMISSION_REMEDY, list_cameras
from runtime.sources.v4l2_modes import list_modes


@dataclass(frozen=True)
class AttachedCamera:
    """spec: what --camera takes. name: as its driver calls it. modes: what it offers, as far as it tells.
    problem: why it cannot be used, with the remedy."""

    spec: str
    name: str
    modes: tuple[CameraMode, ...] = ()
    problem: str = ""


def list_attached(import_picamera2: Callable[[], Any] | None = None) -> list[AttachedCamera]:
    """USB cameras first, then the Raspberry Pi's own.

    import_picamera2: gives the class Picamera2, or raises an EdgeframeError where it is not installed.
    """
    if sys.platform == "linux":
        attached = [_ask_linux(camera.device, camera.name, camera.may_open) for camera in list_cameras()]
    else:
        attached = _list_elsewhere("avfoundation" if sys.platform == "darwin" else "dshow")
    return attached + _list_pi_cameras(import_picamera2)


def _ask_linux(device: str, name: str, may_open: bool) -> AttachedCamera:
    if not may_open:
        return AttachedCamera(device, name, problem=PERMISSION_REMEDY)
    try:
        return AttachedCamera(device, name, tuple(list_modes(device)))
    except EdgeframeError as error:
        return AttachedCamera(device, name, problem=str(error))


def _list_elsewhere(interface: str) -> list[AttachedCamera]:
    """By FFmpeg, which does not tell the modes. As it documents it; not tried by us."""
    import av

    devices = [device for device in av.enumerate_input_devices(interface) if "video" in device.media_types]
    return [AttachedCamera(str(number), device.description) for number, device in enumerate(devices)]


def _list_pi_cameras(import_picamera2: Callable[[], Any] | None) -> list[AttachedCamera]:
    from runtime.sources import picamera

    try:
        cameras = (import_picamera2 or picamera.import_picamera2)().global_camera_info()
    except (EdgeframeError, RuntimeError):
        return []
    # libcamera sees USB cameras, too, and says so in their path.
    names = [str(camera.get("Model", "")) for camera in cameras if "usb" not in str(camera.get("Id", ""))]
    return [AttachedCamera("picamera2", name) for name in names[:1]]
