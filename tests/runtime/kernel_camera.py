"""What is done to the camera of the virtual machine, in it, while `runtime classify --camera` reads it; see
test_sources_kernel_camera.py.

Writes a JSON object as its last line: what `runtime cameras` listed, what a second reader is told while the first
one reads (`busy`), the `events` and the `indices` of the results, and with what exit `status` and `error` output the
command ended.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

from tests.runtime.reader import Classifying

DRIVER = Path("/sys/bus/platform/drivers/vivid")


def drop_frames(percentage: int) -> None:
    """As a camera does whose firmware hangs: it is there and gives nothing."""
    subprocess.run(["v4l2-ctl", "-d", "/dev/video0", "-c", f"percentage_of_dropped_buffers={percentage}"], check=True)


def read_as_well() -> str:
    command = [sys.executable, "-m", "runtime", "classify", "--camera", "--max-frames", "1"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def main() -> None:
    cameras = subprocess.run([sys.executable, "-m", "runtime", "cameras", "--json"], capture_output=True, check=True)
    with Classifying("--camera", "--camera-timeout", "3") as camera:
        camera.wait_for("live")
        busy = read_as_well()
        drop_frames(100)
        camera.wait_for("stalled")
        camera.wait_for("lost")  # it opens, but hangs in the driver while it does
        drop_frames(0)
        camera.wait_for("live", 2)
        (DRIVER / "unbind").write_text("vivid.0")
        camera.wait_for_reason("no camera found")
        (DRIVER / "bind").write_text("vivid.0")
        camera.wait_for("live", 3)
    (listed,) = json.loads(cameras.stdout)
    shown = {
        "camera": (listed["spec"], listed["name"]),
        "yuyv": {f"{mode['width']}x{mode['height']}": mode["rates"] for mode in listed["modes"][:6]},
        "busy": busy,
        "events": [dataclasses.asdict(event) for event in camera.events],
        "indices": [result["index"] for result in camera.results],
        "status": camera.status,
        "error": camera.error,
    }
    print("\n" + json.dumps(shown))


if __name__ == "__main__":
    main()
