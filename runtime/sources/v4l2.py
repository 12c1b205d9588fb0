"""USB cameras on Linux, through the kernel's v4l2: which there are, who may open them, and how to end a read."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import SourceError

PERMISSION_REMEDY = "this user may not open it; sudo usermod -aG video $USER, then log in again"

# linux/videodev2.h. VIDIOC_QUERYCAP = _IOR('V', 0, struct v4l2_capability), which is driver[16], card[32],
# bus_info[32], version, capabilities, device_caps, reserved[3].
_VIDIOC_QUERYCAP = 0x80685600
_CAPABILITY = struct.Struct("16s32s32sIII12x")
_VIDEO_CAPTURE = 0x00000001
_STREAMING = 0x04000000
_MEDIA_CONTROLLER = 0x20000000
# VIDIOC_ENUMINPUT = _IOWR('V', 26, struct v4l2_input), which is index, name[32], type, audioset, tuner, std, status,
# capabilities and reserved[3]; native alignment, as its size differs between processors.
_INPUT = struct.Struct("@I32sIIIQII3I0Q")
_VIDIOC_ENUMINPUT = 0xC000561A | _INPUT.size << 16
# VIDIOC_STREAMOFF = _IOW('V', 19, int): the type of the buffers.
_VIDIOC_STREAMOFF = 0x40045613
_CAPTURE_BUFFERS = 1

# Of an open file, the number of a request and its structure: the structure as it was answered, or OSError.
Ask = Callable[[int, int, bytes], bytes]


@dataclass(frozen=True)
class Camera:
    """device: its path. name: as its driver calls it, "" where this user may not ask."""

    device: str
    name: str
    may_open: bool


def list_cameras(folder: Path = Path("/dev"), ask: Ask | None = None) -> list[Camera]:
    """The cameras of this machine, by device number; those that give frames to whoever opens them.

    A node of a codec or of metadata is no camera, nor is one of an image processor, as a Raspberry Pi has several: some
    have no input, as they wait for pictures to work on, others give nothing before libcamera has connected them.

    folder: where the nodes lie. ask: fcntl.ioctl.
    """
    import fcntl

    nodes = sorted(folder.glob("video[0-9]*"), key=lambda path: int(path.name[5:]))
    found = (_query(node, ask or fcntl.ioctl) for node in nodes)
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


class SoughtCamera:
    """Camera number N (`0`: the first that there is), or a device (`/dev/video0`). It is looked for again each time:
    unplugged and plugged in, it may have got another number.
    """

    def __init__(self, spec: str) -> None:
        self.name = f"/dev/video{spec}" if spec.isdigit() else spec
        self._is_first = spec == "0"
        self._device = self.name

    def find(self) -> str:
        """Its device. Raises SourceError where it is not there, or this user may not open it."""
        self._device = first_camera() if self._is_first else self.name
        _check_device(self._device)
        return self._device

    def interrupt(self) -> None:
        """End this process's reads of it that hang in its driver: without its stream, they return an error."""
        import fcntl

        for link in Path("/proc/self/fd").iterdir():
            try:
                if str(link.readlink()) == os.path.realpath(self._device):
                    fcntl.ioctl(int(link.name), _VIDIOC_STREAMOFF, struct.pack("i", _CAPTURE_BUFFERS))
            except OSError:
                continue  # closed meanwhile


def _check_device(device: str) -> None:
    if not Path(device).exists():
        others = ", ".join(camera.device for camera in list_cameras()) or "none; try --camera test"
        raise SourceError(f"{device}: no such camera; cameras here: {others}")
    if not os.access(device, os.R_OK | os.W_OK):
        raise SourceError(f"{device}: {PERMISSION_REMEDY}")


def _query(node: Path, ask: Ask) -> Camera | None:
    try:
        descriptor = os.open(node, os.O_RDWR | os.O_NONBLOCK)
    except PermissionError:
        return Camera(str(node), "", may_open=False)
    except OSError:
        return None
    try:
        reply = ask(descriptor, _VIDIOC_QUERYCAP, bytes(_CAPABILITY.size))
        ask(descriptor, _VIDIOC_ENUMINPUT, bytes(_INPUT.size))
    except OSError:
        return None
    finally:
        os.close(descriptor)
    _, card, _, _, _, device_caps = _CAPABILITY.unpack(reply)
    if not device_caps & _VIDEO_CAPTURE or not device_caps & _STREAMING or device_caps & _MEDIA_CONTROLLER:
        return None
    return Camera(str(node), card.split(b"\0")[0].decode("utf-8", "replace"), may_open=True)
