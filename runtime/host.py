"""What the machine tells of itself that matters to latency."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

_PROCESSORS = Path("/sys/devices/system/cpu")
# Raspberry Pi: bits 0 to 3 are under-voltage, frequency capped, throttled, soft temperature limit, now.
# https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
_THROTTLED_NOW = 0xF
_TOOL_SECONDS = 5
_BUSY_CORES = 0.5


def read_governor(processors: Path = _PROCESSORS) -> str | None:
    """The CPU's frequency governor (`performance`, `ondemand`, ...; several where its cores differ), or None where
    the system has none."""
    try:
        found = {file.read_text().strip() for file in processors.glob("cpu[0-9]*/cpufreq/scaling_governor")}
    except OSError:
        return None
    return ", ".join(sorted(found)) or None


def other_load() -> float | None:
    """Cores kept busy by others over the last minute, less the one that measures; None where not told."""
    try:
        return max(0.0, os.getloadavg()[0] - 1)
    except (OSError, AttributeError):
        return None


def read_throttled() -> bool | None:
    """Whether a Raspberry Pi holds its processor back at present, for heat or a weak power supply; None elsewhere."""
    if shutil.which("vcgencmd") is None:
        return None
    try:
        asked = subprocess.run(
            ["vcgencmd", "get_throttled"], capture_output=True, text=True, timeout=_TOOL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_throttled(asked.stdout)


def parse_throttled(answer: str) -> bool | None:
    """`throttled=0x50005` as vcgencmd prints it."""
    try:
        return bool(int(answer.strip().partition("=")[2], 16) & _THROTTLED_NOW)
    except ValueError:
        return None


def count_throttlings(processors: Path = _PROCESSORS) -> int | None:
    """How often the cores of a PC were slowed down for heat since it started; None where the kernel does not count."""
    try:
        counts = [int(file.read_text()) for file in processors.glob("cpu[0-9]*/thermal_throttle/core_throttle_count")]
    except (OSError, ValueError):
        return None
    return sum(counts) if counts else None


def was_throttled(throttlings_before: int | None) -> bool | None:
    """Whether the processor was slowed down since `count_throttlings()` gave that, or is at present; None where the
    machine tells neither."""
    throttlings, at_present = count_throttlings(), read_throttled()
    since = None if None in (throttlings, throttlings_before) else throttlings != throttlings_before
    return None if since is None and at_present is None else bool(since or at_present)


def describe_disturbances(throttlings_before: int | None = None) -> list[str]:
    """What makes latencies worse or less steady than they need be, with the next step.

    throttlings_before: `count_throttlings()` of before the measurement, to tell of those that came while it ran.
    """
    told = []
    governor = read_governor()
    if governor not in (None, "performance"):
        told.append(f"the CPU governor is {governor}; for steady times: sudo cpupower frequency-set -g performance")
    load = other_load()
    if load is not None and load > _BUSY_CORES:
        told.append(f"other programs keep {load:.1f} cores busy; stop them and measure again")
    if was_throttled(throttlings_before):
        told.append("the processor is slowed down for heat or low voltage; cool it, check its power, measure again")
    return told
