"""What the machine was doing while a round was timed: heat, frequency, other load, energy."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from benchmarks import sensors
from benchmarks.power import PowerLog, difference_joules, read_energy
from runtime.host import count_throttlings, read_busy_seconds, read_swapped_pages, read_throttled
from runtime.temperature import read_temperatures

N = TypeVar("N", int, float)

# A shorter round tells nothing of other programs: the kernel counts each core's work in hundredths of a second.
_SHORTEST_SECONDS = 0.25


@dataclass(frozen=True)
class Conditions:
    """While the runs of a round were timed; None where the machine does not tell.

    spans: from when to when, in seconds since 1970, one for each turn.
    temperature_celsius: of the hottest zone, frequency_hertz: the cores' mean, both at the end. is_throttled: whether
    the processor was slowed down, for heat or a weak power supply.
    other_load_cores: cores kept busy by other programs; of a single turn it may be below 0, as the kernel counts in
    hundredths of a second, of a round not; None of one under a quarter of a second. swapped_pages: that the machine
    read back from swap.
    energy_joules: of the whole processor (RAPL), or of what the power meter measured; with the runs that were not
    timed (Round.all_runs).
    gpu_memory_bytes: of the process, at the end.
    """

    spans: tuple[tuple[float, float], ...] = ()
    temperature_celsius: float | None = None
    frequency_hertz: float | None = None
    is_throttled: bool | None = None
    other_load_cores: float | None = None
    swapped_pages: int | None = None
    energy_joules: float | None = None
    gpu_memory_bytes: int | None = None


UNKNOWN = Conditions()


@contextmanager
def observe_conditions() -> Iterator[list[Conditions]]:
    """Observe the machine while the block runs; the list has the conditions once the block has ended."""
    observed: list[Conditions] = []
    swapped, throttlings = read_swapped_pages(), count_throttlings()
    energy, busy = read_energy(), read_busy_seconds()
    own, started, started_at = time.process_time(), time.monotonic(), time.time()
    yield observed
    elapsed, own_seconds = time.monotonic() - started, time.process_time() - own
    busy_now, energy_now = read_busy_seconds(), read_energy()
    others = _difference(busy, busy_now)
    slowed = _difference(throttlings, count_throttlings())
    observed.append(
        Conditions(
            spans=((started_at, started_at + elapsed),),
            temperature_celsius=max((degrees for _, degrees in read_temperatures()), default=None),
            frequency_hertz=sensors.read_frequency_hertz(),
            is_throttled=read_throttled() if slowed is None else slowed > 0,
            other_load_cores=None if others is None else (others - own_seconds) / elapsed,
            swapped_pages=_difference(swapped, read_swapped_pages()),
            energy_joules=difference_joules(energy, energy_now),
        )
    )


def with_power_log(conditions: Conditions, log: PowerLog) -> Conditions:
    """The same, with the energy that a power meter's log gives for its time."""
    return replace(conditions, energy_joules=_total(log.energy_joules(*span) for span in conditions.spans))


def join_conditions(turns: Sequence[Conditions]) -> Conditions:
    """Those of a round from those of its turns, one or more."""
    seconds = [sum(end - start for start, end in turn.spans) for turn in turns]
    loads = [None if t.other_load_cores is None else t.other_load_cores * s for t, s in zip(turns, seconds)]
    load, throttled = _total(loads), [turn.is_throttled for turn in turns]
    return Conditions(
        spans=tuple(span for turn in turns for span in turn.spans),
        temperature_celsius=_largest(turn.temperature_celsius for turn in turns),
        frequency_hertz=turns[-1].frequency_hertz,
        is_throttled=None if None in throttled else any(throttled),
        other_load_cores=None if load is None or sum(seconds) < _SHORTEST_SECONDS else max(0.0, load / sum(seconds)),
        swapped_pages=_total(turn.swapped_pages for turn in turns),
        energy_joules=_total(turn.energy_joules for turn in turns),
    )


def _total(values: Iterable[N | None]) -> N | None:
    """The sum; None where a part is not known."""
    total: N | None = None
    for value in values:
        if value is None:
            return None
        total = value if total is None else total + value
    return total


def _largest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _difference(before: float | None, after: float | None):  # type: ignore[no-untyped-def]  # int of ints
    return None if before is None or after is None else after - before
