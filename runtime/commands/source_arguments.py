"""The options of the command line that say how a source is opened, kept open and looked at."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.sources.options import SourceOptions


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Their values are looked at by `read_source_options`."""
    view = parser.add_argument_group("how a picture is looked at, in this order")
    view.add_argument("--rotate", type=int, default=0, metavar="DEGREES", help="clockwise: 90, 180 or 270")
    view.add_argument("--flip", default="", metavar="h|v", help="mirror left to right (h) or top to bottom (v)")
    view.add_argument("--crop", metavar="X,Y,W,H", help="this part alone, in pixels of the upright picture")
    view.add_argument("--invert", action="store_true", help="dark ink on paper, for a network of light on dark")
    camera = parser.add_argument_group("cameras and streams")
    camera.add_argument("--camera-size", metavar="WxH", help="ask the camera for this size (see: runtime cameras)")
    camera.add_argument("--camera-fps", type=float, metavar="N", help="ask the camera for this rate")
    camera.add_argument(
        "--camera-timeout",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="most that opening it, and each frame, may take (default: 5)",
    )
    camera.add_argument(
        "--retries",
        type=int,
        metavar="N",
        help="give up a lost camera after so many tries in a row to open it again (default: never)",
    )
    camera.add_argument("--wait", action="store_true", help="wait for a camera that is not there yet")
    camera.add_argument(
        "--frozen-after",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="tell of a camera that gives the same picture for so long, 0: never (default: 60)",
    )
    video = parser.add_argument_group("video files and raw frames")
    video.add_argument("--realtime", action="store_true", help="as a camera: at its own pace, the newest frame")
    video.add_argument(
        "--raw", metavar="WxH:FORMAT", help="the SOURCE - is frames of rgb24, bgr24, gray or yuv420p: 640x480:rgb24"
    )


def read_source_options(args: argparse.Namespace) -> SourceOptions:
    """Raises UsageError where a value cannot be."""
    from runtime.sources.options import RawFormat, SourceOptions, parse_size
    from runtime.sources.view import View, parse_crop

    return SourceOptions(
        view=View(args.rotate, args.flip, args.crop and parse_crop(args.crop), args.invert),
        camera_size=args.camera_size and parse_size(args.camera_size),
        camera_fps=args.camera_fps,
        timeout=args.camera_timeout,
        retries=args.retries,
        wait=args.wait,
        frozen_after=args.frozen_after,
        realtime=args.realtime,
        raw=args.raw and RawFormat.parse(args.raw),
    )
