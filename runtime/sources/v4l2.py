"""Finding USB cameras on Linux: which /dev/video* are cameras, and whether this user may open them."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import SourceError

# linux/videodev2.h: VIDIOC_QUERYCAP = _IOR('V', 0, struct v4l2_capability), which is driver[16], card[32],
# bus_info[32], version, capabilities, device_caps, reserved[3].
_VIDIOC_QUERYCAP = 0x80685600
_CAPABILITY = struct.Struct("16s32s32sIII12x")
_VIDEO_CAPTURE = 0x00000001
_STREAMING = 0x04000000


@dataclass(frozen=True)
class Camera:
    """device: its path. name: as its driver calls it, "" where this user may not ask."""

    device: str
    name: str
    may_open: bool


def list_cameras() -> list[Camera]:
    """The cameras of this machine, by device number. A node of a codec or of metadata is no camera."""
    nodes = sorted(Path("/dev").glob("video[0-9]*"), key=lambda path: int(path.name[5:]))
    found = (_query(node) for node in nodes)
    return [camera for camera in found if camera is not None]


def first_camera() -> str:
    """The device of the first camera. Raises SourceError where there is none."""
    cameras = list_cameras()
    if not cameras:
        raise SourceError(
            "no camera found (no /dev/video* that captures); plug one in, write --camera picamera2 for the Pi's own "
            "camera, or try --camera test; runtime doctor tells more"
        )
    return cameras[0].device


def check_device(device: str) -> None:
    """Raise SourceError unless the device is there and this user may open it."""
    if not Path(device).exists():
        others = ", ".join(camera.device for camera in list_cameras()) or "none; try --camera test"
        raise SourceError(f"{device}: no such camera; cameras here: {others}")
    if not os.access(device, os.R_OK | os.W_OK):
        raise SourceError(f"{device}: {PERMISSION_REMEDY}")


PERMISSION_REMEDY = "this user may not open it; sudo usermod -aG video $USER, then log in again"


def _query(node: Path) -> Camera | None:
    import fcntl

    try:
        descriptor = os.open(node, os.O_RDWR | os.O_NONBLOCK)
    except PermissionError:
        return Camera(str(node), "", may_open=False)
    except OSError:
        return None
    try:
        reply = fcntl.ioctl(descriptor, _VIDIOC_QUERYCAP, bytes(_CAPABILITY.size))
    except OSError:
        return None
    finally:
        os.close(descriptor)
    _, card, _, _, _, device_caps = _CAPABILITY.unpack(reply)
    if not (device_caps & _VIDEO_CAPTURE and device_caps & _STREAMING):
        return None
    return Camera(str(node), card.split(b"\0")[0].decode("utf-8", "replace"), may_open=True)
