"""The process of one peer: `python -m benchmarks.peers.worker NAME MODEL PHOTO`.

For each number of frames on its standard input it answers with a line of JSON: the seconds of each (`seconds`: by the
clock, `cpu_seconds`: of the processor, all threads). Its first line says which class it sees (`best`), or why it cannot
be used (`error`).
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from itertools import count
from pathlib import Path
from typing import TextIO

# The first frames of each turn are not timed: another peer had the caches.
_WARM_UP_FRAMES = 3


def main(name: str, model: str, photo: str) -> int:
    answers = _own_stdout()
    try:
        from benchmarks.peers.loops import LOOPS

        loop = LOOPS[name](Path(model), Path(photo))
        best = loop(0)
    except Exception as error:  # whatever a library raises is its answer
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        print(json.dumps({"error": first[:200]}), file=answers, flush=True)
        return 1
    print(json.dumps({"best": best}), file=answers, flush=True)
    numbers = count()
    for line in sys.stdin:
        for _ in range(_WARM_UP_FRAMES):
            loop(next(numbers))
        seconds, cpu_seconds = [], []
        for _ in range(int(line)):
            number, cpu_started, started = next(numbers), time.process_time(), time.perf_counter()
            loop(number)
            seconds.append(time.perf_counter() - started)
            cpu_seconds.append(time.process_time() - cpu_started)
        print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds}), file=answers, flush=True)
    return 0


def _own_stdout() -> TextIO:
    """This process's standard output, for answers alone: what libraries write there goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        sys.exit(main(*sys.argv[1:]))
