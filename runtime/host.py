"""What the machine tells of itself that matters to latency."""

from __future__ import annotations

import os
from pathlib import Path

_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


def read_governor() -> str | None:
    """The CPU's frequency governor (`performance`, `ondemand`, ...), or None where the system has none."""
    try:
        return _GOVERNOR.read_text().strip()
    except OSError:
        return None


def other_load() -> float | None:
    """Cores kept busy by others over the last minute, less the one that measures; None where not told."""
    try:
        return max(0.0, os.getloadavg()[0] - 1)
    except (OSError, AttributeError):
        return None
