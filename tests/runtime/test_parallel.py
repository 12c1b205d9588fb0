"""Many pictures on all cores: in order, each once, whatever goes wrong with one of them."""

from __future__ import annotations

import itertools
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from runtime.classifier import Classifier
from runtime.errors import PictureError
from runtime.frame import Frame
from runtime.parallel import classify_pictures

COLOURS = np.uint8([(255, 0, 0), (0, 255, 0), (0, 0, 255)])
LABELS = ("red", "green", "blue")


def read_colour(numbered: tuple[int, Path]) -> Frame:
    """Picture N is red, green or blue in turn; some take longer than others."""
    number, path = numbered
    time.sleep(0.002 * (number * 7 % 5))
    if path.name == "bad":
        raise PictureError(f"{path}: is bad")
    return Frame(np.broadcast_to(COLOURS[number % 3], (8, 8, 3)).copy(), index=number, source=str(path), is_fitted=True)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_order_and_bad_pictures_are_told(models: Path, workers: int) -> None:
    paths = [Path("bad" if number in (0, 13, 29) else str(number)) for number in range(30)]
    loaded: list[Classifier] = []
    errors: list[PictureError] = []

    def load() -> Classifier:
        loaded.append(Classifier.load(models / "rgb_int8.tflite", threads=1))
        return loaded[-1]

    results = list(
        classify_pictures(enumerate(paths), read_colour, load, top=1, workers=workers, on_error=errors.append)
    )
    assert [result.frame.index for result in results] == [n for n in range(30) if n not in (0, 13, 29)]
    assert all(result.label == LABELS[result.frame.index % 3] for result in results)
    assert len(errors) == 3
    assert len(loaded) <= workers


def test_an_endless_list_is_read_only_as_far_as_needed(models: Path) -> None:
    seen = itertools.count()
    paths = ((number, Path(str(number))) for number in seen)
    results = classify_pictures(
        paths,
        read_colour,
        lambda: Classifier.load(models / "rgb_int8.tflite", threads=1),
        top=1,
        workers=2,
        on_error=pytest.fail,
    )
    taken = list(itertools.islice(results, 20))
    results.close()  # type: ignore[attr-defined]
    assert [result.frame.index for result in taken] == list(range(20))
    assert next(seen) <= 20 + 2 * 4
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("classify")]
