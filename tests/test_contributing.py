"""CONTRIBUTING.md's worked example, followed to the letter."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT

# The first three labels of the model that comes along, one for each channel of a plain picture.
LABELS = {"red": "tench", "green": "goldfish", "blue": "great white shark"}

ACME = """
import numpy as np

class Device:
    def infer(self, pictures):
        assert pictures.shape == (1, 224, 224, 3) and pictures.dtype == np.uint8
        scores = np.zeros((1, 1000), np.uint8)
        scores[0, pictures[0].mean(axis=(0, 1)).argmax()] = 192
        return scores

def load(path):
    assert path.endswith(".tflite")
    return Device()
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of runtime/ with the document's file and row in their places, and acme's library beside it."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "runtime", folder / "runtime", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "acme.py").write_text(ACME)
    document = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    backend, row = map(textwrap.dedent, re.findall(r"^ *```python\n(.*?)^ *```$", document, re.DOTALL | re.MULTILINE))
    (folder / "runtime/backends/acme.py").write_text(backend)
    table = folder / "runtime/backends/table.py"
    table.write_text(table.read_text("utf-8").replace("_ROWS = (\n", f"_ROWS = (\n{row.strip()},\n", 1), "utf-8")
    return folder


@pytest.mark.parametrize("colour", LABELS)
def test_the_backend_of_the_worked_example_classifies(checkout: Path, colour: str) -> None:
    channel = list(LABELS).index(colour)
    Image.fromarray(np.full((30, 40, 3), np.eye(3, dtype=np.uint8)[channel] * 255)).save(checkout / f"{colour}.png")
    command = [sys.executable, "-m", "runtime", "classify", f"{colour}.png", "--backend", "acme", "--top", "1"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    best = json.loads(done.stdout)["predictions"][0]
    assert (best["label"], best["score"]) == (LABELS[colour], 0.75)


def test_the_class_of_the_worked_example_has_what_a_backend_needs(checkout: Path) -> None:
    code = """
from pathlib import Path
from runtime.backends import Backend
from runtime.backends.acme import open_acme
backend = open_acme(Path("model.tflite"), 1, None, "")
print(*({*Backend.__annotations__, "run", "read_cam"} - set(dir(backend))))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
