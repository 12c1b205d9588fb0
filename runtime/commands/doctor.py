"""`runtime doctor`: what is installed and attached here, and the command that mends each lack."""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.errors import EdgeframeError

if TYPE_CHECKING:
    from runtime.backends import BackendRow

_EPILOG = """A line is ok, - (optional), lacks (something cannot be done here) or fails (nothing can). Exit status 1
when pictures cannot be classified on this machine.

examples:
  runtime doctor
  runtime doctor | grep -A1 -E "lacks|fails"   what is to be mended
"""


@dataclass(frozen=True)
class Finding:
    """One thing looked at. state: `ok`, `-` (optional), `lacks` (something cannot be done here) or `fails`
    (nothing can). remedy: the command that mends it."""

    state: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.state:6}{self.what}" + (f"\n        {self.remedy}" if self.remedy else "")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG


def run(args: argparse.Namespace) -> int:
    findings = []
    for finding in (*_look_at_base(), *_look_at_backends(), _try_default_model(), *_look_at_cameras()):
        print(finding, flush=True)
        findings.append(finding)
    return 1 if any(finding.state == "fails" for finding in findings) else 0


def _look_at_base() -> Iterator[Finding]:
    yield Finding(
        "ok", f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    )
    for name, remedy in (("numpy", "pip install numpy"), ("pillow", "pip install pillow")):
        yield _installed(name, "fails", remedy)
    yield _installed(
        "av",
        "lacks",
        "without it, pictures and a USB camera that gives MJPEG work (Linux), but no streams, videos or test pictures: "
        "pip install av (32-bit Arm, which has no wheel: sudo apt install python3-av)",
    )


def _installed(distribution: str, otherwise: str, remedy: str) -> Finding:
    try:
        return Finding("ok", f"{distribution} {metadata.version(distribution)}")
    except metadata.PackageNotFoundError:
        return Finding(otherwise, f"{distribution} is not installed", remedy)


def _look_at_backends() -> Iterator[Finding]:
    from runtime.backends import BACKENDS, find_backends

    for row in BACKENDS.values():
        what = f"backend {row.name} ({row.suffix})"
        of_its_kind = [other for other in BACKENDS.values() if other.suffix == row.suffix]
        is_best = row is (find_backends(row.suffix) or of_its_kind)[0]
        problem = _problem(row) if row.is_installed else row.remedy
        if not problem:
            yield Finding("ok", f"{what}: {row.version or 'installed'}")
        elif is_best:
            yield Finding("lacks", f"{what}: {row.version or 'not installed'}", problem)
        elif row.is_installed:
            yield Finding("-", f"{what}: optional; {problem}")


def _problem(row: BackendRow) -> str:
    return _onnx_problem(row) if row.suffix == ".onnx" else _tflite_problem(row.name)


def _onnx_problem(row: BackendRow) -> str:
    from runtime.backends.onnx import list_providers

    try:
        if row.option in list_providers():
            return ""
    except EdgeframeError as error:
        return str(error)
    return f"this build of onnxruntime has no {row.option} provider; {row.remedy}"


def _tflite_problem(name: str) -> str:
    import numpy

    if name == "tflite-runtime" and int(numpy.__version__.partition(".")[0]) >= 2:
        return f"needs numpy<2, found {numpy.__version__}: pip install 'numpy<2'"
    if name == "tflite-runtime" and platform.machine() in ("x86_64", "AMD64"):
        return "slow with integer models on x86 (measured: 14 times): pip install 'edgeframe[tflite]'"
    return ""


def _try_default_model() -> Finding:
    """The one check that counts: a picture through the whole way."""
    import numpy as np

    from runtime.classifier import Classifier

    try:
        classifier = Classifier.load()
        picture = np.zeros((480, 640, 3), np.uint8)
        classifier.classify(picture)  # the first one also loads what the resize needs
        result = classifier.classify(picture)
    except EdgeframeError as error:
        return Finding("fails", "the default model", str(error))
    return Finding(
        "ok", f"the default model classifies a picture ({classifier.backend.name}, {result.timings.total * 1e3:.1f} ms)"
    )


def _look_at_cameras() -> Iterator[Finding]:
    # Others than a Raspberry Pi have no use for picamera2.
    is_pi = importlib.util.find_spec("picamera2") is not None or Path("/proc/device-tree/model").exists()
    own = [_try_picamera2()] if is_pi else []
    if sys.platform == "linux":
        from runtime.sources.v4l2 import PERMISSION_REMEDY, list_cameras

        cameras = list_cameras()
        for camera in cameras:
            remedy = "" if camera.may_open else PERMISSION_REMEDY
            yield Finding(
                "ok" if camera.may_open else "lacks", f"camera {camera.device} {camera.name}".rstrip(), remedy
            )
        if not cameras:
            yield Finding(
                "-" if any(finding.state == "ok" for finding in own) else "lacks",
                "no USB camera (no /dev/video* that captures)",
                "plug one in; without: runtime classify --camera test",
            )
    yield from own


def _try_picamera2() -> Finding:
    from runtime.sources.picamera import import_picamera2

    what = "picamera2 (the Raspberry Pi's own camera)"
    try:
        import_picamera2()
    except EdgeframeError as error:
        return Finding("lacks", what, str(error))
    return Finding("ok", f"{what}: runtime classify --camera picamera2")
