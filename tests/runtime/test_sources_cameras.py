"""Which mode is asked of a camera, and what the Raspberry Pi's own is asked, on a machine that has neither."""

from __future__ import annotations

import errno
import json
import os
import struct
import sys
import threading
import time
from concurrent import futures
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.card import Fit, InputSize, ModelCard
from runtime.commands.cameras import describe
from runtime.commands.doctor import _look_at_cameras
from runtime.errors import SourceError
from runtime.sources import SourceOptions, View
from runtime.sources.attached import AttachedCamera, list_attached
from runtime.sources.camera_mode import FFMPEG_FORMATS, CameraMode, choose_mode
from runtime.sources.live import LiveSource
from runtime.sources.picamera import PicameraFeed
from runtime.sources.v4l2 import Camera, list_cameras
from runtime.sources.v4l2_modes import name_format
from tests.conftest import ROOT, Run

CARD = ModelCard("rgb", "mean colour", ("red", "green", "blue"), InputSize(16, 16), Fit())
SIDE_224 = InputSize(224, 224)

# What `v4l2-ctl --list-formats-ext` shows of a Logitech C270, shortened.
WEBCAM = [
    CameraMode("YUYV", 160, 120, (30.0, 15.0)),
    CameraMode("YUYV", 640, 480, (30.0, 25.0, 15.0)),
    CameraMode("YUYV", 1280, 720, (7.5, 5.0)),
    CameraMode("YUYV", 1280, 960, (7.5, 5.0)),
    CameraMode("MJPG", 640, 480, (30.0, 25.0)),
    CameraMode("MJPG", 1280, 720, (30.0, 15.0)),
    CameraMode("MJPG", 1280, 960, (30.0, 15.0)),
]
CAPTURE_CARD = [CameraMode("MJPG", 1920, 1080, (60.0, 30.0)), CameraMode("MJPG", 1280, 720, (60.0, 50.0))]


def chosen(modes: list[CameraMode], size: InputSize = SIDE_224, **asked: Any) -> tuple[str, int, int]:
    mode = choose_mode("/dev/video0", modes, SourceOptions(**asked), size)
    return mode.pixel_format, mode.width, mode.height


@pytest.mark.parametrize(
    ("modes", "asked", "expected"),
    [
        (WEBCAM, {}, ("YUYV", 640, 480)),
        (WEBCAM, {"camera_size": (1280, 720)}, ("MJPG", 1280, 720)),
        (WEBCAM, {"camera_size": (1280, 720), "camera_fps": 5}, ("YUYV", 1280, 720)),
        (WEBCAM, {"camera_fps": 7.5}, ("YUYV", 1280, 720)),
        (WEBCAM, {"camera_fps": 30}, ("YUYV", 640, 480)),
        (CAPTURE_CARD, {}, ("MJPG", 1280, 720)),
        (CAPTURE_CARD, {"camera_fps": 30000 / 1001}, ("MJPG", 1920, 1080)),
        ([CameraMode("XYZ1", 640, 480, (30.0,)), CameraMode("MJPG", 800, 600)], {}, ("MJPG", 800, 600)),
    ],
)
def test_the_mode_is_what_was_asked_at_the_least_cost(
    modes: list[CameraMode], asked: dict[str, Any], expected: tuple[str, int, int]
) -> None:
    assert chosen(modes, **asked) == expected


def test_a_network_of_large_pictures_gets_a_larger_mode_and_the_largest_where_none_is_large_enough() -> None:
    assert chosen(WEBCAM, InputSize(384, 384)) == ("MJPG", 1280, 960)
    assert chosen(WEBCAM, InputSize(1024, 1024)) == ("MJPG", 1280, 960)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"camera_size": (1920, 1080)}, "--camera-size 1920x1080: it offers 160x120, 640x480, 1280x720, 1280x960"),
        ({"camera_fps": 60}, "--camera-fps 60: it offers 5, 7.5, 15, 25, 30"),
        ({"camera_size": (160, 120), "camera_fps": 25}, "--camera-fps 25: it offers 15, 30"),
    ],
)
def test_what_a_camera_does_not_offer_is_told_with_what_it_does(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(SourceError, match=f"/dev/video0: {told}; see: runtime cameras"):
        chosen(WEBCAM, **asked)


def test_a_camera_of_no_known_format_is_told() -> None:
    with pytest.raises(SourceError, match="no format that is read"):
        chosen([CameraMode("XYZ1", 640, 480)])


def test_every_format_is_one_that_ffmpeg_has_a_decoder_for() -> None:
    import av

    for name in set(FFMPEG_FORMATS.values()) - {"mjpeg", "h264"}:
        assert av.VideoFormat(name).name == name
    for name in ("mjpeg", "h264"):
        assert av.CodecContext.create(name, "r").name == name


def test_of_the_nodes_of_a_raspberry_pi_only_the_webcam_is_a_camera(tmp_path: Path) -> None:
    # Name, device capabilities and inputs as the drivers of Linux 6.6 for the Raspberry Pi 4 give them.
    nodes = {
        "video0": (b"unicam", 0x25200001, True),
        "video1": (b"HD Webcam", 0x04200001, True),
        "video2": (b"HD Webcam", 0x04A00000, False),  # metadata
        "video10": (b"bcm2835-codec-decode", 0x04204000, False),
        "video13": (b"bcm2835-isp", 0x04200002, False),
        "video14": (b"bcm2835-isp", 0x04200001, False),
    }
    for name in nodes:
        (tmp_path / name).touch()

    def answer(descriptor: int, request: int, question: bytes) -> bytes:
        card, capabilities, has_input = nodes[Path(f"/proc/self/fd/{descriptor}").readlink().name]
        if request == 0x80685600:  # VIDIOC_QUERYCAP
            return struct.pack("16s32s32sIII12x", b"", card, b"", 0, 0, capabilities)
        if not has_input:
            raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")
        return question

    assert list_cameras(tmp_path, answer) == [Camera(str(tmp_path / "video1"), "HD Webcam", may_open=True)]


def test_the_command_lists_what_is_attached_or_says_that_nothing_is(run: Run) -> None:
    done = run("runtime", "cameras")
    assert done.returncode == 0, done.stderr
    listed = json.loads(run("runtime", "cameras", "--json").stdout)
    assert ("no camera is attached" in done.stdout) == (listed == [])
    for camera in listed:
        assert camera["spec"] in done.stdout


def test_a_camera_is_shown_with_its_sizes_and_rates_or_what_is_wrong_with_it() -> None:
    lines = list(
        describe(
            [
                AttachedCamera("/dev/video0", "C270\x1b[2J", (CameraMode("MJPG", 1280, 720, (30.0, 7.5)),)),
                AttachedCamera("/dev/video2", "", problem="this user may not open it"),
            ]
        )
    )
    assert lines == [
        "/dev/video0  C270?[2J",
        "    1280x720  MJPG  30 7.5 frames/s",
        "/dev/video2  ",
        "  this user may not open it",
    ]


class FakePicamera2:
    """Stands in for picamera2.Picamera2, which cannot be imported off a Raspberry Pi: the v2 camera's numbers."""

    sensor_resolution = (3280, 2464)

    def __init__(self, stuck_after: int | None = None) -> None:
        self.calls: list[str] = []
        self.configuration: dict[str, Any] = {}
        self._left = stuck_after
        self._closed = threading.Event()

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return [
            {"Model": "imx219", "Id": "/base/soc/i2c0mux/i2c@1/imx219@10", "Num": 0},
            {"Model": "C270", "Id": "/base/soc/usb@7e980000/usb-port@1-1.2:1.0-046d:0825", "Num": 1},
        ]

    def create_video_configuration(self, **configuration: Any) -> dict[str, Any]:
        return configuration

    def configure(self, configuration: dict[str, Any]) -> None:
        self.configuration = configuration

    def start(self) -> None:
        self.calls.append("start")

    def capture_array(self, name: str, wait: float) -> np.ndarray:
        if self._left == 0:  # as where its cable came loose
            if self._closed.wait(wait):
                raise futures.CancelledError
            raise futures.TimeoutError
        self._left = None if self._left is None else self._left - 1
        time.sleep(0.01)
        width, height = self.configuration[name]["size"]
        return np.broadcast_to(np.uint8((255, 0, 0)), (height, width, 3)).copy()

    def close(self) -> None:
        self.calls.append("close")
        self._closed.set()


def test_the_pi_camera_is_asked_for_small_rgb_of_all_that_it_sees_and_let_go_of() -> None:
    camera = FakePicamera2()
    with LiveSource(PicameraFeed(CARD, SourceOptions(), lambda: camera), SourceOptions()) as source:
        for frame in islice(source, 3):
            assert (frame.image == (255, 0, 0)).all()
    assert camera.configuration == {
        # "BGR888" is what picamera2 calls arrays in the order R, G, B.
        "main": {"size": (42, 32), "format": "BGR888"},
        "raw": {"size": (1640, 1232)},
        "controls": {},
    }
    assert camera.calls == ["start", "close"]


def test_the_pi_camera_has_the_size_and_rate_that_are_asked_of_it() -> None:
    camera = FakePicamera2()
    options = SourceOptions(camera_size=(1281, 720), camera_fps=10, view=View(rotate=180, invert=True))
    with LiveSource(PicameraFeed(CARD, options, lambda: camera), options) as source:
        assert (next(iter(source)).image == (0, 255, 255)).all()
    assert camera.configuration["main"]["size"] == (1280, 720)
    assert camera.configuration["controls"] == {"FrameRate": 10}


def test_a_pi_camera_that_hangs_is_closed_and_opened_again() -> None:
    cameras = [FakePicamera2(stuck_after=2), FakePicamera2()]
    coming = iter(cameras)
    options = SourceOptions(timeout=1)
    states: list[str] = []
    feed = PicameraFeed(CARD, options, lambda: next(coming))
    with LiveSource(feed, options, lambda event: states.append(event.state)) as source:
        frames = list(islice(source, 5))
    assert len(frames) == 5
    assert states == ["opening", "live", "stalled", "opening", "live"]
    assert all("close" in camera.calls for camera in cameras)


def test_a_pi_camera_that_fails_is_told_with_the_remedy() -> None:
    def fail() -> Any:
        raise RuntimeError("Failed to initialize camera")

    feed = PicameraFeed(CARD, SourceOptions(), fail)
    told = pytest.raises(SourceError, match=r"cannot read the camera \(Failed to initialize camera\); check its cable")
    with told, LiveSource(feed, SourceOptions()) as source:
        next(iter(source))


def test_the_pi_camera_is_listed_and_the_usb_cameras_that_libcamera_sees_are_not() -> None:
    listed = [camera for camera in list_attached(lambda: FakePicamera2) if camera.spec == "picamera2"]
    assert listed == [AttachedCamera("picamera2", "imx219")]


@pytest.mark.skipif(sys.platform != "linux", reason="where USB cameras are V4L2 devices")
@pytest.mark.parametrize(
    ("picamera2", "state"), [("class Picamera2: pass", "-"), ("raise ImportError('none')", "lacks")]
)
def test_only_who_has_no_other_camera_lacks_a_usb_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, picamera2: str, state: str
) -> None:
    (tmp_path / "picamera2.py").write_text(picamera2)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "picamera2", raising=False)
    monkeypatch.setattr("runtime.sources.v4l2.list_cameras", list)
    try:
        usb, _ = _look_at_cameras()
    finally:
        sys.modules.pop("picamera2", None)
    assert (usb.state, usb.what[:13]) == (state, "no USB camera")


def test_formats_are_named_as_v4l2_tools_name_them() -> None:
    assert [name_format(fourcc) for fourcc in (b"YUYV", b"Y16 ", b"Y16\xa0")] == ["YUYV", "Y16", "Y16-BE"]


@pytest.mark.parametrize("command", ["classify --camera picamera2", "doctor", "cameras"])
def test_a_picamera2_made_for_another_numpy_is_told_with_the_remedy(run: Run, tmp_path: Path, command: str) -> None:
    """As Debian 12's simplejpeg, which picamera2 imports, beside numpy 2."""
    (tmp_path / "picamera2.py").write_text("raise ValueError('numpy.dtype size changed')")
    path = os.pathsep.join((str(ROOT), str(tmp_path)))
    done = run("runtime", *command.split(), env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == (1 if "classify" in command else 0)
    assert "Traceback" not in done.stderr
    remedy = "(numpy.dtype size changed); it is made for an older numpy than this environment's: pip install "
    assert (remedy in done.stdout + done.stderr) == (command != "cameras")
