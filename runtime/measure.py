"""How latency is measured: warm up until it is steady, keep every raw time, convert units only when printing."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runtime.classifier import Classifier
from runtime.frame import Frame

WARM_UP_SECONDS = 0.3
WARM_UP_RUNS = 5


@dataclass(frozen=True)
class Latency:
    """Raw times in seconds, one a run, in the order of the runs: `prepare` fits the picture, `invoke` runs the
    network with its input and output, `total` is both and the ranking. `first`: total of the very first run.
    """

    prepare: tuple[float, ...]
    invoke: tuple[float, ...]
    total: tuple[float, ...]
    first: float


def measure_latency(classifier: Classifier, picture: np.ndarray, runs: int) -> Latency:
    """Classify one picture (uint8, height x width x 3) again and again; `runs` times are kept, after a warm-up."""
    first = classifier.classify_frame(Frame(picture)).timings.total
    started = time.perf_counter()
    warmed = 1
    while warmed < WARM_UP_RUNS or time.perf_counter() - started < WARM_UP_SECONDS:
        classifier.classify_frame(Frame(picture))
        warmed += 1
    timings = [classifier.classify_frame(Frame(picture)).timings for _ in range(runs)]
    return Latency(
        tuple(timing.prepare for timing in timings),
        tuple(timing.invoke for timing in timings),
        tuple(timing.total for timing in timings),
        first,
    )


def quantile(times: tuple[float, ...], share: float) -> float:
    """The time within which `share` (0..1) of the runs were done, interpolated between neighbours (numpy's default)."""
    return float(np.quantile(times, share))


def peak_memory_bytes() -> int | None:
    """The largest resident set of this process so far, or None where the system does not tell (Windows)."""
    # Linux carries the peak of the process that started this one into ru_maxrss, but not into VmHWM.
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) * 1024
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
