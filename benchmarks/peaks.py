"""What the processor can do at most: a small matrix product and a memory copy, in float32 and in int8.

They are the roof of the roofline (Williams, Waterman & Patterson, CACM 52, 2009): no network computes faster
than the matrix product, or reads its weights faster than memory is copied.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.errors import BenchmarkError

ROWS, SIDE = 4096, 256
GEMM_MACS = ROWS * SIDE * SIDE
# The product of ROWS x SIDE and SIDE x SIDE; in int8 as a 1 x 1 convolution of 1 x 64 x 64 x SIDE. See make_gemms.py.
FLOAT32_GEMM, INT8_GEMM = (Path(__file__).with_name(f"{name}_gemm.tflite") for name in ("float32", "int8"))
# Larger than the last cache of most machines.
_COPY_BYTES = 64 * 2**20
_RUNS = 9


@dataclass(frozen=True)
class Peaks:
    """Multiply-accumulates and bytes copied a second, on one host with so many threads.

    float32_macs_a_second: by numpy or LiteRT, whichever is quicker: numpy's OpenBLAS takes half of the width of a
    processor that it does not know. int8_macs_a_second: None where LiteRT is not installed.
    """

    host: str
    threads: int
    float32_macs_a_second: float
    int8_macs_a_second: float | None
    float32_copy_bytes_a_second: float
    int8_copy_bytes_a_second: float

    def __post_init__(self) -> None:
        rates = (self.float32_macs_a_second, self.float32_copy_bytes_a_second, self.int8_copy_bytes_a_second)
        if min(*rates, 1 if self.int8_macs_a_second is None else self.int8_macs_a_second) <= 0:
            raise ValueError(f"{self}: a peak of 0 or less")

    def macs_a_second(self, recipe: str) -> float:
        """The peak for a model of a recipe: that of integers where it computes with them and it is known."""
        return self.int8_macs_a_second or self.float32_macs_a_second if "int8" in recipe else self.float32_macs_a_second


def measure_peaks(host: str, threads: int) -> Peaks:
    """Measure here. numpy's matrix product has to be told its threads by the environment, before numpy is imported."""
    return Peaks(
        host=host,
        threads=threads,
        float32_macs_a_second=max(_measure_numpy(), _measure_litert(FLOAT32_GEMM, threads) or 0),
        int8_macs_a_second=_measure_litert(INT8_GEMM, threads),
        float32_copy_bytes_a_second=_measure_copy(np.float32),
        int8_copy_bytes_a_second=_measure_copy(np.int8),
    )


def _measure_numpy() -> float:
    matrix, square = np.ones((ROWS, SIDE), np.float32), np.ones((SIDE, SIDE), np.float32)
    product = np.empty_like(matrix)
    return GEMM_MACS / _best(lambda: np.matmul(matrix, square, out=product))


def _measure_litert(model: Path, threads: int) -> float | None:
    from benchmarks.bare_interpreter import open_interpreter

    try:
        interpreter = open_interpreter(model, threads)
    except BenchmarkError:
        return None
    for tensor in interpreter.get_input_details():
        interpreter.set_tensor(tensor["index"], np.ones(tensor["shape"], tensor["dtype"]))
    return GEMM_MACS / _best(interpreter.invoke)


def _measure_copy(dtype: type) -> float:
    source: np.ndarray = np.ones(_COPY_BYTES // np.dtype(dtype).itemsize, dtype)
    target = np.empty_like(source)
    return _COPY_BYTES / _best(lambda: np.copyto(target, source))


def _best(work: Callable[[], object]) -> float:
    """Seconds: the median of the faster half, since a peak is what the machine does when it is let."""
    times = []
    for _ in range(_RUNS + 1):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(sorted(times[1:])[: _RUNS // 2 + 1])
