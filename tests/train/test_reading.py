"""Pictures at the network's size: what has no room in memory lies on the disk."""

from __future__ import annotations

import io
import shutil
import tempfile

import numpy as np
import pytest

from runtime.card import Fit, InputSize
from runtime.dataset import DataSet
from runtime.errors import DataError
from train.progress import Progress
from train.reading import Reader

SIDE = 2048


def test_more_pictures_than_the_disk_has_room_for_are_an_error_with_a_remedy() -> None:
    count = 2 * shutil.disk_usage(tempfile.gettempdir()).free // (SIDE * SIDE * 3) + 1000

    def read(number: int) -> np.ndarray:
        pytest.fail("it begins to fill the disk")

    data = DataSet("many", "train", ("a", "b"), np.zeros(count, np.int64), read)
    reader = Reader(InputSize(SIDE, SIDE), Fit("crop"), Progress(io.StringIO(), io.StringIO()))
    with pytest.raises(DataError, match=r"GB free; name a folder on a larger disk by TMPDIR, or take a smaller --size"):
        reader.read_all(data)
