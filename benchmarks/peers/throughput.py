"""How fast many frames are classified: `python -m benchmarks.peers.throughput WHO WHAT MODEL SOURCE FRAMES`, a process
of its own on two cores, which prints the seconds a frame from the first result to the last.

WHO: `edgeframe`, or `sequential`: a loop that decodes, resizes and invokes, one after the other, as examples do.
WHAT: `pictures` (a folder) or `video` (a file or URL).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.bare_interpreter import open_interpreter

_CORES = 2


def main(who: str, what: str, model: str, source: str, frames: str) -> int:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_CORES])
    results = classify(model, source) if who == "edgeframe" else classify_in_turn(what, model, source)
    times = [time.perf_counter() for _ in islice(results, int(frames))]
    results.close()
    print((times[-1] - times[0]) / (len(times) - 1))
    return 0


def classify(model: str, source: str) -> Generator[int, None, None]:
    import runtime

    with closing(runtime.classify(source, model=model)) as results:
        yield from (result.predictions[0].index for result in results)


def classify_in_turn(what: str, model: str, source: str) -> Generator[int, None, None]:
    interpreter = open_interpreter(Path(model))
    input_index, output_index = (
        details[0]["index"] for details in (interpreter.get_input_details(), interpreter.get_output_details())
    )
    height, width = interpreter.get_input_details()[0]["shape"][1:3]
    for image in read_pictures(source) if what == "pictures" else read_video(source):
        small = np.asarray(image.resize((width, height)))
        interpreter.set_tensor(input_index, small[np.newaxis])
        interpreter.invoke()
        yield int(interpreter.get_tensor(output_index).argmax())


def read_pictures(folder: str) -> Iterator[Image.Image]:
    for path in sorted(Path(folder).iterdir()):
        with Image.open(path) as image:
            yield image.convert("RGB")


def read_video(address: str) -> Iterator[Image.Image]:
    import av

    with av.open(address) as container:
        for frame in container.decode(video=0):
            yield frame.to_image()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
