"""Single readings of the kernel's and the driver's counters. Each gives None where the machine does not tell."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

_PROCESSORS = Path("/sys/devices/system/cpu")
_MEMORY = Path("/proc/meminfo")
_OWN_STATUS = Path("/proc/self/status")
_OWN_THREADS = Path("/proc/self/task")
_TOOL_SECONDS = 5


def read_frequency_hertz() -> float | None:
    """The mean of the cores' present frequencies."""
    try:
        kilohertz = [int(file.read_text()) for file in _PROCESSORS.glob("cpu[0-9]*/cpufreq/scaling_cur_freq")]
    except (OSError, ValueError):
        return None
    return sum(kilohertz) * 1e3 / len(kilohertz) if kilohertz else None


def read_available_bytes() -> int | None:
    """The memory that programs can still have without swapping."""
    try:
        return int(_MEMORY.read_text().partition("MemAvailable:")[2].split()[0]) * 1024
    except (OSError, ValueError, IndexError):
        return None


def count_running_threads() -> int | None:
    """Threads of this process that run or could run: one, where all but the one that asks sleep."""
    try:
        states = [file.read_text().rpartition(")")[2].split()[0] for file in _OWN_THREADS.glob("*/stat")]
    except (OSError, IndexError):  # One has ended meanwhile, say.
        return None
    return states.count("R") or None


def read_resident_bytes() -> int | None:
    """This process's resident memory at present."""
    try:
        return int(_OWN_STATUS.read_text().partition("VmRSS:")[2].split()[0]) * 1024
    except (OSError, ValueError, IndexError):
        return None


def read_gpu_memory_bytes() -> int | None:
    """This process's memory on NVIDIA GPUs."""
    command = ["nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"]
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TOOL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_gpu_memory(done.stdout, os.getpid())


def parse_gpu_memory(answer: str, process: int) -> int | None:
    """Of lines `pid, MiB` the process's sum."""
    rows = [line.split(",") for line in answer.splitlines() if line.count(",") == 1]
    used = [int(mib) for pid, mib in rows if pid.strip() == str(process) and mib.strip().isdigit()]
    return sum(used) * 2**20 if used else None
