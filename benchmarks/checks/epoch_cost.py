"""What an epoch of `python -m train` costs, over a bare `model.fit` with the same network, arrays and precision."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.errors import BenchmarkError

MODELS = ("mlp", "cnn", "deep_cnn")
BAR = 1.05
_EPOCHS = 4  # the first is left out: it compiles
_BATCH = 128


@dataclass(frozen=True)
class EpochCost:
    """train, bare: seconds of each epoch, of all rounds together, without the first of each process."""

    model: str
    precision: str
    train: tuple[float, ...]
    bare: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Of the medians."""
        return median(self.train) / median(self.bare)

    @property
    def holds(self) -> bool:
        return self.ratio <= BAR

    def __str__(self) -> str:
        verdict = "held" if self.holds else "missed"
        return (
            f"{self.model} ({self.precision}): {median(self.train):.2f} s an epoch, bare {median(self.bare):.2f} s, "
            f"x {self.ratio:.2f} ({BAR:.2f}: {verdict})"
        )


def measure_epoch_costs(data: Path, folder: Path, rounds: int) -> Iterator[EpochCost]:
    """For each network, the two one after the other in each round. Raises BenchmarkError when a process fails."""
    for model in MODELS:
        train: list[float] = []
        bare: list[float] = []
        precision = ""
        for _ in range(rounds):
            figures = _train(model, data, folder)
            precision = figures["settings"]["precision"]
            train += [epoch["train_seconds"] for epoch in figures["epochs"]][1:]
            bare += _fit_bare(folder / f"{model}.keras", data, precision)[1:]
        yield EpochCost(model, precision, tuple(train), tuple(bare))


def _train(model: str, data: Path, folder: Path) -> dict[str, Any]:
    out = folder / f"{model}.keras"
    options = ["--augment", "none", "--epochs", str(_EPOCHS), "--batch", str(_BATCH), "--out", str(out)]
    _run([sys.executable, "-m", "train", str(data), "--model", model, *options])
    figures: dict[str, Any] = json.loads(out.with_suffix(".metrics.json").read_text(encoding="utf-8"))
    return figures


def _fit_bare(model: Path, data: Path, precision: str) -> list[float]:
    given = [str(model), str(data), str(_EPOCHS), str(_BATCH), precision]
    command = [sys.executable, "-m", "benchmarks.checks.bare_fit", *given]
    seconds: list[float] = json.loads(_run(command).splitlines()[-1])
    return seconds


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise BenchmarkError(f"{' '.join(command[1:4])}: ended with status {done.returncode}: {last[0]}")
    return done.stdout
