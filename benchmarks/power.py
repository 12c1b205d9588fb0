"""Energy: from the processor's own counters (RAPL), or from a power meter's log."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.errors import BenchmarkError

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
        inside = [(s, w) for s, w in zip(self.seconds, self.watts) if started_at < s < ended_at]
        times = [started_at, *(second for second, _ in inside), ended_at]
        watts = np.interp(times, self.seconds, self.watts)
        return float(np.sum((watts[1:] + watts[:-1]) / 2 * np.diff(times)))


def read_power_log(path: Path) -> PowerLog:
    """Read a CSV file with the columns `seconds` (since 1970) and `watts`. Raises BenchmarkError for another."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = sorted((float(row["seconds"]), float(row["watts"])) for row in csv.DictReader(file))
    except OSError as error:
        raise BenchmarkError(f"{path}: {error.strerror}; give the power meter's log: --power-log FILE") from None
    except (KeyError, TypeError, ValueError) as error:
        raise BenchmarkError(
            f"{path}: expected a CSV file with the columns seconds (since 1970) and watts "
            f"({type(error).__name__}: {error})"
        ) from None
    return PowerLog(tuple(second for second, _ in rows), tuple(watt for _, watt in rows))
