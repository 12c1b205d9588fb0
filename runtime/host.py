"""What the machine tells of itself that matters to latency."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_PROCESSORS = Path("/sys/devices/system/cpu")
_PROCESSOR_TIMES = Path("/proc/stat")
_MEMORY_EVENTS = Path("/proc/vmstat")
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


def read_busy_seconds() -> float | None:
    """Seconds that all cores together were not idle, since the machine started; None where it does not tell."""
    try:
        fields = [int(ticks) for ticks in _PROCESSOR_TIMES.read_text().split("\n", 1)[0].split()[1:]]
        user, nice, system, _idle, _wait, interrupts, soft_interrupts, stolen = fields[:8]
    except (OSError, ValueError):
        return None
    return (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK")


def read_swapped_pages() -> int | None:
    """Pages that the machine has read back from swap since it started; None where it does not tell."""
    try:
        return int(_MEMORY_EVENTS.read_text().partition("pswpin ")[2].split()[0])
    except (OSError, ValueError, IndexError):
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


@dataclass(frozen=True)
class Counters:
    """What the machine and this process (with its children that have ended) had counted at a moment; None where the
    machine does not tell.

    at_seconds: monotonic. load_average: programs that ran or waited, the mean of the minute before.
    """

    at_seconds: float
    own_seconds: float
    busy_seconds: float | None = None
    load_average: float | None = None
    swapped_pages: int | None = None
    throttlings: int | None = None


def read_counters() -> Counters:
    """Those of now; two tell what happened between them."""
    return Counters(
        time.monotonic(),
        sum(os.times()[:4]),
        read_busy_seconds(),
        os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        read_swapped_pages(),
        count_throttlings(),
    )


def other_load_cores(before: Counters, now: Counters) -> float | None:
    """Cores that other programs kept busy in between; None where the machine does not tell.

    Where it counts no busy seconds (macOS), the load of the minute before, when this one had not begun to measure.
    """
    if now.busy_seconds is None or before.busy_seconds is None:
        return before.load_average
    others = now.busy_seconds - before.busy_seconds - (now.own_seconds - before.own_seconds)
    return max(0.0, others / (now.at_seconds - before.at_seconds))


def swapped_pages(before: Counters, now: Counters) -> int | None:
    """Pages that the machine read back from swap in between; None where it does not tell."""
    if now.swapped_pages is None or before.swapped_pages is None:
        return None
    return now.swapped_pages - before.swapped_pages


def was_throttled(before: Counters, now: Counters) -> bool | None:
    """Whether the processor was slowed down in between, or is at present; None where the machine tells neither."""
    at_present = read_throttled()
    since = None if None in (before.throttlings, now.throttlings) else now.throttlings != before.throttlings
    return None if since is None and at_present is None else bool(since or at_present)


def describe_disturbances(before: Counters, now: Counters) -> list[str]:
    """What made the latencies in between worse or less steady than they need be, with the next step."""
    told = []
    governor, load, pages = read_governor(), other_load_cores(before, now), swapped_pages(before, now)
    if governor not in (None, "performance"):
        told.append(f"the CPU governor is {governor}; for steady times: sudo cpupower frequency-set -g performance")
    if load is not None and load > _BUSY_CORES:
        told.append(f"other programs kept {load:.1f} cores busy; stop them and measure again")
    if pages:
        told.append(f"{pages:,} pages were read back from swap; stop other programs, or take a smaller model")
    if was_throttled(before, now):
        told.append("the processor is slowed down for heat or low voltage; cool it, check its power, measure again")
    return told
