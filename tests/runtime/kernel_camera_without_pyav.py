"""`runtime classify --camera` with the camera of the virtual machine where PyAV cannot be imported; see
test_sources_kernel_camera.py.

Writes a JSON object as its last line: how many pictures were `passed_over` that came within a second in which nobody
read, the `events`, the `indices` of the results, and with what exit `status` and `error` output the command ended.
"""

from __future__ import annotations

import dataclasses
import json
import time
from itertools import takewhile

from runtime.sources.v4l2 import first_camera
from runtime.sources.v4l2_capture import READABLE, capture
from runtime.sources.v4l2_modes import list_modes
from tests.runtime.kernel_camera import DRIVER, drop_frames
from tests.runtime.reader import Classifying


def pass_over() -> int:
    device = first_camera()
    mode = next(mode for mode in list_modes(device) if mode.pixel_format in READABLE)
    with capture(device, mode, mode.nearest_rate(25), 5) as shots:
        assert next(shots) is not None
        time.sleep(1)
        return sum(1 for _ in takewhile(lambda shot: shot is None, shots))


def main() -> None:
    passed_over = pass_over()
    with Classifying("--camera", "--camera-timeout", "3", pyav=False) as camera:
        camera.wait_for("live")
        drop_frames(100)
        camera.wait_for("stalled")
        drop_frames(0)
        camera.wait_for("live", 2)
        (DRIVER / "unbind").write_text("vivid.0")
        camera.wait_for_reason("no camera found")
        (DRIVER / "bind").write_text("vivid.0")
        camera.wait_for("live", 3)
    shown = {
        "passed_over": passed_over,
        "events": [dataclasses.asdict(event) for event in camera.events],
        "indices": [result["index"] for result in camera.results],
        "status": camera.status,
        "error": camera.error,
    }
    print("\n" + json.dumps(shown))


if __name__ == "__main__":
    main()
