"""What edgeframe costs above the bare parts that it is made of, side by side in one run.

The bars are those of the project: they are measured here, never by a timed test.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.checks.loop_times import measure_loops
from benchmarks.checks.process_cost import measure_interleaved
from benchmarks.comparison import Bar, Comparison
from benchmarks.errors import BenchmarkError
from benchmarks.own_card import read_own_card
from benchmarks.progress import progress_bar

WALL_TIME_BAR = Bar("ratio", 1.2)
PEAK_MEMORY_BAR = Bar("ratio", 1.2)
CLASSIFY_BAR = Bar("ratio", 1.6)
IMPORT_BAR = Bar("difference", 0.040)

_BARE_SCRIPT = Path(__file__).with_name("bare_classify.py")
_FULL_HD = (1920, 1080)


def compare_command(model: Path, photo: Path, folder: Path, runs: int) -> Iterator[Comparison]:
    """`runtime classify PHOTO` as a whole process against the bare script; `folder` takes its label file."""
    labels = folder / "labels.txt"
    labels.write_text("\n".join(read_own_card(model).labels), "utf-8")
    commands = {
        "ours": [sys.executable, "-m", "runtime", "classify", str(photo), "--model", str(model)],
        "bare": [sys.executable, str(_BARE_SCRIPT), str(model), str(labels), str(photo)],
    }
    with progress_bar(f"runtime classify {photo.name}", "round") as show:
        costs = measure_interleaved(commands, runs, show)
    ours, bare = costs["ours"], costs["bare"]
    what, reference = f"runtime classify {photo.name}", "bare script"
    seconds = [tuple(cost.seconds for cost in part) for part in (ours, bare)]
    yield Comparison(f"{what}: wall time", reference, "seconds", seconds[0], seconds[1], WALL_TIME_BAR)
    memory = [tuple(float(cost.peak_memory_bytes) for cost in part) for part in (ours, bare)]
    yield Comparison(f"{what}: peak memory", reference, "bytes", memory[0], memory[1], PEAK_MEMORY_BAR)


def compare_classify(model: Path, photo: Path, blocks: int) -> Iterator[Comparison]:
    """`Classifier.classify` on a 1080p RGB array, one thread, against the bare interpreter's `invoke`."""
    with Image.open(photo) as image:
        picture = np.asarray(image.convert("RGB").resize(_FULL_HD))
    with progress_bar("Classifier.classify on 1080p", "block") as show:
        times = measure_loops(model, picture, blocks, show)
    invoke = times["invoke"]
    yield Comparison("Classifier.classify on 1080p", "bare invoke", "seconds", times["classify"], invoke, CLASSIFY_BAR)
    yield Comparison("a Pillow loop on 1080p", "bare invoke", "seconds", times["pillow"], invoke)


def compare_start(runs: int) -> Iterator[Comparison]:
    """`import runtime` and `runtime --help` as whole processes, against `import numpy`."""
    commands = {
        "import runtime": [sys.executable, "-c", "import runtime"],
        "runtime --help": [sys.executable, "-m", "runtime", "--help"],
        "import numpy": [sys.executable, "-c", "import numpy"],
    }
    with progress_bar("start-up", "round") as show:
        costs = measure_interleaved(commands, runs, show)
    seconds = {name: tuple(cost.seconds for cost in part) for name, part in costs.items()}
    numpy = seconds.pop("import numpy")
    for name, times in seconds.items():
        yield Comparison(name, "import numpy", "seconds", times, numpy, IMPORT_BAR)


def make_photos(folder: Path) -> list[Path]:
    """A 1080p JPEG and a small one, from scikit-image's photos (public domain and CC0)."""
    try:
        from skimage import data
    except ImportError:
        raise BenchmarkError("scikit-image is not installed; pip install scikit-image, or give --photo FILE") from None
    rocket = Image.fromarray(data.rocket())
    height = round(rocket.width * _FULL_HD[1] / _FULL_HD[0])
    large, small = folder / "1920x1080.jpg", folder / "600x400.jpg"
    rocket.crop((0, 0, rocket.width, height)).resize(_FULL_HD).save(large, quality=90)
    Image.fromarray(data.coffee()).save(small, quality=90)
    return [large, small]
