"""Makes fashion_mnist.npz: 1,000 training and 200 test pictures of each of Fashion-MNIST's 10 classes.

    apt-get install dataset-fashion-mnist
    python -m examples.fashion_mnist.make_sample /usr/share/datasets/fashion-mnist

The same bytes every time (numpy and zlib of one version).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from runtime.command_line import exit_status
from runtime.dataset import NAMED
from runtime.dataset.arrays import Arrays, read_idx_folder
from runtime.whole_file import write_whole

SAMPLE = Path(__file__).with_name("fashion_mnist.npz")
TRAIN_COUNT, TEST_COUNT = 10_000, 2_000


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the sample of Fashion-MNIST that this folder holds.")
    parser.add_argument("folder", type=Path, help="has the four idx files of Fashion-MNIST (.gz)")
    parser.add_argument("--out", type=Path, default=SAMPLE, help="default: %(default)s")
    arguments = parser.parse_args()
    write_sample(read_idx_folder(arguments.folder, NAMED["fashion_mnist"][0]), arguments.out)
    return 0


def write_sample(source: Arrays, out: Path) -> None:
    """In the Keras layout (x_train, y_train, x_test, y_test; uint8), and `labels`."""
    x_train, y_train = _choose(source, "train", TRAIN_COUNT)
    x_test, y_test = _choose(source, "test", TEST_COUNT)
    labels = np.asarray(source.labels)

    def write(new: Path) -> None:
        np.savez_compressed(new, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test, labels=labels)

    write_whole(out, write)


def _choose(source: Arrays, split: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """As many of each class, in the order of the source."""
    chosen = source.dataset("Fashion-MNIST", split).sample(count)
    return np.stack([np.asarray(chosen.read(i)) for i in range(count)]), chosen.targets.astype(np.uint8)


if __name__ == "__main__":
    sys.exit(exit_status("make_sample", main))
