"""Whether `runtime classify --camera test` grows: its memory, descriptors and threads, looked at from outside."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.progress import Progress
from benchmarks.worker_process import checkout_environment

COMMAND = (sys.executable, "-m", "runtime", "classify", "--camera", "test")
# The first minute fills caches and pools; what comes after it may not grow.
SETTLING_SECONDS = 60.0
MOST_GROWTH_BYTES = 2_000_000
# Growth is between medians of so long, at the settled beginning and at the end.
_WINDOW_SECONDS = 60.0
_INTERVAL_SECONDS = 1.0


@dataclass(frozen=True)
class Sample:
    """A look at a process, `seconds` after its start. memory_bytes: resident."""

    seconds: float
    memory_bytes: int
    descriptors: int
    threads: int


@dataclass(frozen=True)
class Growth:
    """From the settled beginning to the end: medians of a minute's samples (of half of what there is, if less)."""

    memory_bytes: float
    descriptors: float
    threads: float

    @property
    def is_none(self) -> bool:
        return self.memory_bytes < MOST_GROWTH_BYTES and self.descriptors <= 0 and self.threads <= 0


def watch(seconds: float, progress: Progress, command: Sequence[str] = COMMAND) -> Iterator[Sample]:
    """Samples of the command while it runs, for so many seconds; it is ended then.

    Raises BenchmarkError where it ends before that, or this system has no /proc.
    """
    if not Path("/proc/self/statm").exists():
        raise BenchmarkError("this system has no /proc, from which memory and descriptors are read; needs Linux")
    # Results go nowhere: a file would grow, and its pages count as nobody's.
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=checkout_environment()
    )
    with process:
        try:
            started = time.monotonic()
            while (passed := time.monotonic() - started) < seconds:
                time.sleep(_INTERVAL_SECONDS)
                if process.poll() is not None:
                    assert process.stderr is not None
                    words = process.stderr.read().decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
                    raise BenchmarkError(f"{' '.join(command)}: ended after {passed:.0f} s ({words[0][:200]})")
                yield _look(process.pid, time.monotonic() - started)
                progress(min(int(passed) + 1, int(seconds)), int(seconds))
        finally:
            process.kill()


def growth_of(samples: Sequence[Sample]) -> Growth:
    """Raises BenchmarkError where there are not enough after the first minute."""
    settled = [sample for sample in samples if sample.seconds >= SETTLING_SECONDS]
    if len(settled) < 2:
        raise BenchmarkError(
            f"ended within the first {SETTLING_SECONDS:.0f} s, which do not count; give more --minutes"
        )
    window = min(_WINDOW_SECONDS, (settled[-1].seconds - settled[0].seconds) / 2)
    first = [sample for sample in settled if sample.seconds <= settled[0].seconds + window]
    last = [sample for sample in settled if sample.seconds >= settled[-1].seconds - window]

    def grown(name: str) -> float:
        before, after = (statistics.median(float(getattr(sample, name)) for sample in part) for part in (first, last))
        return after - before

    return Growth(grown("memory_bytes"), grown("descriptors"), grown("threads"))


def _look(pid: int, seconds: float) -> Sample:
    """By Linux's proc(5)."""
    status = Path(f"/proc/{pid}/status").read_text("ascii", errors="replace").splitlines()
    fields = dict(line.partition(":")[::2] for line in status)
    descriptors = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return Sample(seconds, int(fields["VmRSS"].split()[0]) * 1024, descriptors, int(fields["Threads"]))
