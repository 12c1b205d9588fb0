"""Energy: from the processor's own counters (RAPL), or from a power meter's readings."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# The kernel's powercap interface: one folder a processor package, its counter in microjoules.
# https://docs.kernel.org/power/powercap/powercap.html
_POWERCAP = Path("/sys/class/powercap")


@dataclass(frozen=True)
class Energy:
    """A package's counter and where it starts again from 0, both in joules."""

    joules: float
    wraps_at_joules: float


def read_energy(folder: Path = _POWERCAP) -> tuple[Energy, ...]:
    """The counters of the processor packages; empty where there are none or they may not be read (only by root)."""
    try:
        return tuple(
            Energy(
                int((package / "energy_uj").read_text()) / 1e6, int((package / "max_energy_range_uj").read_text()) / 1e6
            )
            for package in sorted(folder.glob("intel-rapl:*"))
            if package.name.count(":") == 1  # intel-rapl:0:0 is a part of intel-rapl:0
        )
    except (OSError, ValueError):
        return ()


def difference_joules(before: tuple[Energy, ...], after: tuple[Energy, ...]) -> float | None:
    """What was used in between; None where nothing could be read."""
    if not before or len(before) != len(after):
        return None
    return sum(
        late.joules - early.joules + (early.wraps_at_joules if late.joules < early.joules else 0)
        for early, late in zip(before, after)
    )


@dataclass(frozen=True)
class PowerLog:
    """A power meter's readings: seconds since 1970, ascending, and watts."""

    seconds: tuple[float, ...]
    watts: tuple[float, ...]

    def energy_joules(self, started_at: float, ended_at: float) -> float | None:
        """The integral of the readings, straight lines between them; None where they do not span the time."""
        if not self.seconds or started_at < self.seconds[0] or ended_at > self.seconds[-1]:
            return None
        # The readings inside, and one more at either end: of the many of a quick meter a turn is a few.
        near = slice(bisect_right(self.seconds, started_at) - 1, bisect_left(self.seconds, ended_at) + 1)
        times = [started_at, *self.seconds[near][1:-1], ended_at]
        watts = np.interp(times, self.seconds[near], self.watts[near])
        return float(np.sum((watts[1:] + watts[:-1]) / 2 * np.diff(times)))
