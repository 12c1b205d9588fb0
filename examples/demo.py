"""The whole way on one screen: what `make demo` runs. Each step is a command that you can type yourself.

It classifies photos and a clip with the model that comes along; then trains a small network on the sample of
Fashion-MNIST, converts it four ways, checks and measures each, and runs the int8 one through the camera path.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image

from examples.clips import write_clip
from runtime.command_line import exit_status
from runtime.dataset import open_dataset

ROOT = Path(__file__).parent.parent
OUT = Path("out/demo")
DATA = Path("examples/fashion_mnist/fashion_mnist.npz")
EPOCHS = 6
CLIP_FRAMES = 75


def main() -> int:
    started = time.monotonic()
    (ROOT / OUT).mkdir(parents=True, exist_ok=True)
    headline("1. Photos and a clip, by the ImageNet model that comes with the runtime")
    make_photos(ROOT / OUT / "photos")
    step("runtime", "classify", OUT / "photos", "--top", 3)
    write_clip(ROOT / OUT / "photos.mp4", pan_over(skimage.data.chelsea()))
    step("runtime", "classify", "--camera", OUT / "photos.mp4", "--top", 3, *only_last_lines())
    headline("2. Train a network on 10,000 pictures of clothes")
    original = OUT / "fashion.keras"
    # In so few passes a network learns most from pictures as they are, in small steps.
    quick = ("--epochs", EPOCHS, "--batch", 32, "--augment", "none")
    step("train", DATA, "--model", "deep_cnn", *quick, "--out", original)
    headline("3. Convert it to TFLite and ONNX, and check that each answers as the original")
    files = [convert(original, suffix, recipe) for suffix in ("tflite", "onnx") for recipe in ("float32", "int8")]
    headline("4. Measure latency against accuracy")
    step("benchmarks", "run", *files, "--data", DATA, "--out", OUT / "benchmark")
    headline("5. The int8 model on a camera (a clip of test pictures)")
    write_clip(ROOT / OUT / "clothes.mp4", show_clothes())
    step("runtime", "classify", "--camera", OUT / "clothes.mp4", "--model", files[1], "--top", 3, *only_last_lines())
    headline(f"Done in {time.monotonic() - started:.0f} s")
    print((ROOT / OUT / "benchmark" / "results.md").read_text("utf-8"))
    print(f"The same with plots, for a browser: {OUT / 'benchmark' / 'report.html'}")
    print("Next: runtime classify --camera, or runtime classify your-photo.jpg")
    return 0


def convert(original: Path, suffix: str, recipe: str) -> Path:
    out = OUT / f"fashion_{recipe}.{suffix}"
    step("convert", original, "--to", suffix, "--recipe", recipe, "--calibrate", DATA, "--out", out)
    return out


def headline(text: str) -> None:
    print(f"\n\x1b[1m{text}\x1b[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def step(room: str, *arguments: object) -> None:
    """Show a command, run it in this environment, and stop the demo where it fails."""
    words = [str(argument) for argument in arguments]
    print("$", "runtime" if room == "runtime" else f"python -m {room}", shlex.join(words), flush=True)
    done = subprocess.run([sys.executable, "-m", room, *words], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"demo: the command above ended with exit status {done.returncode}")


def only_last_lines() -> list[str]:
    """In a pipe each frame is a line of JSON: three are enough to see."""
    return [] if sys.stdout.isatty() else ["--max-frames", "3"]


def make_photos(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name, load in (("cat", skimage.data.chelsea), ("coffee", skimage.data.coffee), ("rocket", skimage.data.rocket)):
        Image.fromarray(load()).save(folder / f"{name}.jpg", quality=95)


def pan_over(photo: np.ndarray) -> Iterator[np.ndarray]:
    """A camera that moves over a photo."""
    height, width = (side // 2 * 2 for side in (photo.shape[0] * 3 // 4, photo.shape[1] * 3 // 4))
    for number in range(CLIP_FRAMES):
        left = (photo.shape[1] - width) * number // CLIP_FRAMES
        top = (photo.shape[0] - height) * number // CLIP_FRAMES
        yield photo[top : top + height, left : left + width]


def show_clothes() -> Iterator[np.ndarray]:
    """Test pictures held up to a camera, each for half a second."""
    pictures = open_dataset(ROOT / DATA, "test").sample(6)
    for number in range(len(pictures)):
        gray = Image.fromarray(np.asarray(pictures.read(number))).resize((224, 224))
        yield from [np.asarray(gray.convert("RGB"))] * 13


if __name__ == "__main__":
    sys.exit(exit_status("demo", main))
