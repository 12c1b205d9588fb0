"""What the machine was doing while a round was timed: heat, frequency, other load, energy."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from benchmarks import sensors
from benchmarks.power import PowerLog, difference_joules, read_energy
from runtime.host import count_throttlings, read_throttled
from runtime.temperature import read_temperatures


@dataclass(frozen=True)
class Conditions:
    """While the runs of a round were timed, from started_at to ended_at (seconds since 1970); None where the
    machine does not tell.

    temperature_celsius: of the hottest zone, frequency_hertz: the cores' mean, both at the end. is_throttled: whether
    the processor was slowed down, for heat or a weak power supply.
    other_load_cores: cores kept busy by other programs. swapped_pages: that the machine read back from swap.
    energy_joules: of the whole processor (RAPL), or of what the power meter measured.
    gpu_memory_bytes: of the process, at the end.
    """

    started_at_seconds: float = 0.0
    ended_at_seconds: float = 0.0
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
    swapped, throttlings = sensors.read_swapped_pages(), count_throttlings()
    energy, busy = read_energy(), sensors.read_busy_seconds()
    own, started, started_at = time.process_time(), time.monotonic(), time.time()
    yield observed
    elapsed, own_seconds = time.monotonic() - started, time.process_time() - own
    busy_now, energy_now = sensors.read_busy_seconds(), read_energy()
    others = _difference(busy, busy_now)
    slowed = _difference(throttlings, count_throttlings())
    observed.append(
        Conditions(
            started_at_seconds=started_at,
            ended_at_seconds=started_at + elapsed,
            temperature_celsius=max((degrees for _, degrees in read_temperatures()), default=None),
            frequency_hertz=sensors.read_frequency_hertz(),
            is_throttled=read_throttled() if slowed is None else slowed > 0,
            other_load_cores=None if others is None else max(0.0, (others - own_seconds) / elapsed),
            swapped_pages=_difference(swapped, sensors.read_swapped_pages()),
            energy_joules=difference_joules(energy, energy_now),
            gpu_memory_bytes=sensors.read_gpu_memory_bytes(),
        )
    )


def with_power_log(conditions: Conditions, log: PowerLog) -> Conditions:
    """The same, with the energy that a power meter's log gives for its time."""
    joules = log.energy_joules(conditions.started_at_seconds, conditions.ended_at_seconds)
    return replace(conditions, energy_joules=joules)


def _difference(before: float | None, after: float | None):  # type: ignore[no-untyped-def]  # int of ints
    return None if before is None or after is None else after - before
