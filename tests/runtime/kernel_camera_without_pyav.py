"""`runtime classify --camera` with the camera of the virtual machine where PyAV cannot be imported; see
test_sources_kernel_camera.py.

Writes a JSON object as its last line: the `events`, the `indices` of the results, and with what exit `status` and
`error` output the command ended.
"""

from __future__ import annotations

import dataclasses
import json

from tests.runtime.kernel_camera import DRIVER, drop_frames
from tests.runtime.reader import Classifying


def main() -> None:
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
        "events": [dataclasses.asdict(event) for event in camera.events],
        "indices": [result["index"] for result in camera.results],
        "status": camera.status,
        "error": camera.error,
    }
    print("\n" + json.dumps(shown))


if __name__ == "__main__":
    main()
