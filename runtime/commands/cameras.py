"""`runtime cameras`: what is attached, with the sizes and rates that it offers."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from runtime.printable import printable

if TYPE_CHECKING:
    from runtime.sources.attached import AttachedCamera
    from runtime.sources.camera_mode import CameraMode

_EPILOG = """examples:
  runtime cameras
  runtime classify --camera /dev/video0 --camera-size 1280x720 --camera-fps 30
"""
_NONE = "no camera is attached; plug one in, or try: runtime classify --camera test (runtime doctor tells more)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument("--json", action="store_true", help="a JSON list, one object a camera")


def run(args: argparse.Namespace) -> int:
    from runtime.sources.attached import list_attached

    cameras = list_attached()
    if args.json:
        print(json.dumps([dataclasses.asdict(camera) for camera in cameras], indent=1))
    else:
        for line in describe(cameras):
            print(line)
    return 0


def describe(cameras: list[AttachedCamera]) -> Iterator[str]:
    """The lines that show them: a camera, and a line for each size and pixel format that it offers."""
    for camera in cameras:
        yield printable(f"{camera.spec}  {camera.name}")
        if camera.problem:
            yield f"  {camera.problem}"
        yield from map(_describe_mode, camera.modes)
    if not cameras:
        yield _NONE


def _describe_mode(mode: CameraMode) -> str:
    rates = " ".join(f"{rate:.4g}" for rate in mode.rates)
    return f"  {f'{mode.width}x{mode.height}':>10}  {printable(mode.pixel_format):4}  {rates or '?'} frames/s"
