"""What whole processes cost, side by side: wall time and peak memory of commands."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.interleave import interleave
from benchmarks.progress import Progress
from benchmarks.worker_process import checkout_environment

_METER = Path(__file__).with_name("meter.py")


@dataclass(frozen=True)
class ProcessCost:
    """One run of a command, from its start until it was gone; peak_memory: its largest resident set."""

    seconds: float
    peak_memory_bytes: int


def measure_process(command: Sequence[str]) -> ProcessCost:
    """Run a command once. Raises BenchmarkError unless it ends with exit status 0."""
    metered = [sys.executable, "-I", "-S", str(_METER), *command]
    done = subprocess.run(
        metered, stdin=subprocess.DEVNULL, capture_output=True, env=checkout_environment(), check=False
    )
    words = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
    if done.returncode != 0:
        raise BenchmarkError(f"{' '.join(command)}: cannot be run ({words[0]})")
    report = json.loads(done.stdout)
    if report["exit_status"] != 0:
        raise BenchmarkError(f"{' '.join(command)}: ended with exit status {report['exit_status']} ({words[0]})")
    return ProcessCost(**report["cost"])


def measure_interleaved(
    commands: Mapping[str, Sequence[str]], runs: int, progress: Progress
) -> dict[str, tuple[ProcessCost, ...]]:
    """The costs of `runs` runs of each named command, all commands in each round in a new random order.

    One run of each goes before that does not count: it fills the caches of files.
    """
    for command in commands.values():
        measure_process(command)
    costs: dict[str, list[ProcessCost]] = {name: [] for name in commands}
    for name in interleave(commands, runs, progress):
        costs[name].append(measure_process(commands[name]))
    return {name: tuple(values) for name, values in costs.items()}
