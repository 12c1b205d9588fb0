"""Many pictures on all cores: in order, each once, whatever goes wrong with one of them."""

from __future__ import annotations

import itertools
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.classifier import Classifier
from runtime.errors import PictureError, SourceError
from runtime.frame import Frame
from runtime.parallel import classify_pictures
from tests.conftest import ROOT
from tests.runtime.results import wait_until

COLOURS = np.uint8([(255, 0, 0), (0, 255, 0), (0, 0, 255)])
LABELS = ("red", "green", "blue")


def read_colour(numbered: tuple[int, Path]) -> Frame:
    """Picture N is red, green or blue in turn; some take longer than others."""
    number, path = numbered
    time.sleep(0.002 * (number * 7 % 5))
    if path.name == "bad":
        raise PictureError(f"{path}: is bad")
    return Frame(np.broadcast_to(COLOURS[number % 3], (8, 8, 3)).copy(), index=number, source=str(path), is_fitted=True)


@pytest.mark.parametrize("may_wait", [False, True])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_order_and_bad_pictures_are_told(models: Path, workers: int, may_wait: bool) -> None:
    paths = [Path("bad" if number in (0, 13, 29) else str(number)) for number in range(30)]
    loaded: list[Classifier] = []
    errors: list[PictureError] = []

    def load() -> Classifier:
        loaded.append(Classifier.load(models / "rgb_int8.tflite", threads=1))
        return loaded[-1]

    coming = enumerate(paths)
    results = list(
        classify_pictures(coming, read_colour, load, top=1, workers=workers, on_error=errors.append, may_wait=may_wait)
    )
    assert [result.frame.index for result in results] == [n for n in range(30) if n not in (0, 13, 29)]
    assert all(result.label == LABELS[result.frame.index % 3] for result in results)
    assert len(errors) == 3
    assert len(loaded) <= workers


@pytest.mark.parametrize("may_wait", [False, True])
def test_an_endless_list_is_read_only_as_far_as_needed(models: Path, may_wait: bool) -> None:
    seen = itertools.count()
    paths = ((number, Path(str(number))) for number in seen)
    results = classify_pictures(
        paths,
        read_colour,
        lambda: Classifier.load(models / "rgb_int8.tflite", threads=1),
        top=1,
        workers=2,
        on_error=pytest.fail,
        may_wait=may_wait,
    )
    taken = list(itertools.islice(results, 20))
    results.close()  # type: ignore[attr-defined]
    assert [result.frame.index for result in taken] == list(range(20))
    wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith(("classify", "pictures"))])
    assert next(seen) <= 20 + 2 * 4 + 1


def test_what_a_list_raises_comes_after_the_results_of_what_it_gave(models: Path) -> None:
    def give() -> Iterator[tuple[int, Path]]:
        yield from ((number, Path(str(number))) for number in range(3))
        raise SourceError("no list")

    load = partial(Classifier.load, models / "rgb_int8.tflite", threads=1)
    results = classify_pictures(give(), read_colour, load, top=1, workers=2, on_error=pytest.fail, may_wait=True)
    assert [next(results).frame.index for _ in range(3)] == [0, 1, 2]
    with pytest.raises(SourceError, match="no list"):
        next(results)


def test_a_program_gets_the_answer_to_each_name_before_it_gives_the_next(models: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "runtime", "classify", "-", "--model", str(models / "rgb_int8.tflite")]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        try:
            for label, colour in zip(LABELS, COLOURS):
                Image.fromarray(np.broadcast_to(colour, (8, 8, 3)).copy()).save(tmp_path / f"{label}.png")
                process.stdin.write(os.fsencode(f"{tmp_path / label}.png\n"))
                process.stdin.flush()
                assert select.select([process.stdout], [], [], 30)[0], "no answer came"
                assert json.loads(process.stdout.readline())["predictions"][0]["label"] == label
            process.send_signal(signal.SIGTERM)
            assert (process.wait(20), process.stderr.read()) == (143, b"")
        finally:
            process.kill()
