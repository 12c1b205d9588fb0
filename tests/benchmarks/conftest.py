"""What the tests of benchmarks share: a tiny set of red, green and blue pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COLOURS = ("red", "green", "blue")
PICTURES_A_CLASS = 4


@pytest.fixture(scope="session")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder train/ and test/ with the class folders red, green and blue, of 4 noisy pictures each."""
    folder = tmp_path_factory.mktemp("colours")
    generator = np.random.default_rng(0)
    for split in ("train", "test"):
        for channel, colour in enumerate(COLOURS):
            (folder / split / colour).mkdir(parents=True)
            for number in range(PICTURES_A_CLASS):
                picture = generator.integers(0, 100, (12, 16, 3), np.uint8)
                picture[..., channel] = 200
                Image.fromarray(picture).save(folder / split / colour / f"{number}.png")
    return folder


def write_tiny_data(folder: Path) -> Path:
    """Two pictures a colour in the form of MLPerf Tiny: raw .bin files of 32 x 32 x 3 and y_labels.csv."""
    folder.mkdir()
    rows = []
    for channel, colour in enumerate(COLOURS):
        for number in range(2):
            picture = np.full((32, 32, 3), 20, np.uint8)
            picture[..., channel] = 200
            (folder / f"{colour}{number}.bin").write_bytes(picture.tobytes())
            rows.append(f"{colour}{number}.bin,3,{channel}")
    (folder / "y_labels.csv").write_text("\n".join(rows) + "\n")
    return folder
