"""`python -m benchmarks endurance`: what counts as growth, and what is seen of a real process."""

from __future__ import annotations

import sys

import pytest

from benchmarks.checks.endurance import Sample, growth_of, watch
from benchmarks.errors import BenchmarkError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

# Takes 10 MB, a descriptor and a thread more in each half second.
_LEAKY = """
import threading, time
kept = []
while True:
    kept.append((b"x" * 10_000_000, open("/dev/null")))
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    time.sleep(0.5)
"""


def make_samples(megabytes: list[float]) -> list[Sample]:
    """One every half minute from the start on."""
    return [Sample(30.0 * number, int(1e6 * memory), 5, 6) for number, memory in enumerate(megabytes)]


def test_what_the_first_minute_takes_is_no_growth() -> None:
    growth = growth_of(make_samples([10, 50, 80, 80, 80, 80, 80, 80]))
    assert growth.memory_bytes == 0
    assert growth.is_none


def test_what_comes_after_the_first_minute_is_growth() -> None:
    growth = growth_of(make_samples([80, 80, 80, 81, 82, 83, 84, 85]))
    # Medians of the first and the last minute: of 80, 81, 82 and of 83, 84, 85.
    assert growth.memory_bytes == 3e6
    assert not growth.is_none


def test_a_single_peak_is_no_growth() -> None:
    assert growth_of(make_samples([80, 80, 80, 80, 80, 95, 80, 80, 80])).is_none


def test_one_descriptor_or_thread_more_is_growth() -> None:
    steady = [Sample(60.0 + second, 1000, 5, 6) for second in range(100)]
    assert growth_of(steady).is_none
    assert not growth_of([*steady, *(Sample(200.0 + second, 1000, 6, 6) for second in range(100))]).is_none
    assert not growth_of([*steady, *(Sample(200.0 + second, 1000, 5, 7) for second in range(100))]).is_none


def test_less_than_a_minute_tells_nothing() -> None:
    with pytest.raises(BenchmarkError, match="give more --minutes"):
        growth_of([Sample(59.0, 1000, 5, 6)])


def test_a_process_that_leaks_is_seen_to() -> None:
    samples = list(watch(3.5, lambda done, total: None, [sys.executable, "-c", _LEAKY]))
    first, last = samples[0], samples[-1]
    # 2 seconds lie between them at the least: 4 rounds of the leak, of which one may be late.
    assert last.memory_bytes - first.memory_bytes >= 30e6
    assert last.descriptors - first.descriptors >= 3
    assert last.threads - first.threads >= 3


def test_a_process_that_ends_is_an_error_with_its_last_words() -> None:
    with pytest.raises(BenchmarkError, match=r"ended after . s \(no camera\)"):
        list(watch(20, lambda done, total: None, [sys.executable, "-c", "raise SystemExit('no camera')"]))
