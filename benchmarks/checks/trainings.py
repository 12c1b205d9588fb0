"""Trainings whose figures are published: each is `python -m train` with some options, and what it must reach."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.table import format_rows

# Where the data lies in --data-dir, by the name that a training has for it.
DATA_FILES = {"cats_dogs": "cats_vs_dogs.tar", "flowers": "flowers5.tar"}


@dataclass(frozen=True)
class Training:
    """One row. bar: the top-1 (0..1) on the test pictures that it must reach, None where none is set."""

    name: str
    data: str
    model: str
    options: tuple[str, ...]
    bar: float | None = None

    def command(self, data_dir: Path, out: Path) -> list[str]:
        """What runs it; it goes on where an earlier one was ended."""
        data = str(data_dir / DATA_FILES[self.data]) if self.data in DATA_FILES else self.data
        where = () if self.data in DATA_FILES else ("--data-dir", str(data_dir))
        file = self.file(out)
        resume = ("--resume",) if file.with_name(file.name + ".resume").exists() else ()
        return [
            *(sys.executable, "-m", "train", data, "--model", self.model, "--out", str(file)),
            *where, *self.options, *resume,
        ]  # fmt: skip

    def file(self, out: Path) -> Path:
        """The model."""
        return out / f"{self.name}.keras"


@dataclass(frozen=True)
class Outcome:
    """What a training gave. top1: 0..1 of `count` test pictures, with its 95 % interval. seconds: of all epochs.

    epoch_seconds: the median of the last phase's epochs. bar_seconds: of the epochs until the bar was reached: of all
    of them, as a training looks at the test pictures at its end only; by the lesson's recipe, which looks at them after
    each, until the first that reached it. None where it was not.
    """

    training: Training
    top1: float
    interval: tuple[float, float]
    count: int
    epochs: int
    epoch_seconds: float
    seconds: float
    bar_seconds: float | None = None

    @property
    def holds(self) -> bool:
        return self.training.bar is None or self.top1 >= self.training.bar


_LESSON = ("--recipe", "lesson")
_QUARTER_HEAD = ("--alpha", "0.25", "--strategy", "head")
_WHOLE = ("--strategy", "full", "--epochs", "20")
_QUARTER = ("--alpha", "0.25", *_WHOLE)

# The bars: the lessons' published figures, and for our own recipe what it must pass.
TRAININGS = (
    Training("mlp-lesson", "mnist", "mlp", _LESSON, 0.9756),
    Training("mlp", "mnist", "mlp", ("--epochs", "30"), 0.984),
    Training("cnn-lesson", "mnist", "cnn", _LESSON, 0.9853),
    Training("cnn", "mnist", "cnn", (), 0.992),
    Training("cnn_5x5-lesson", "mnist", "cnn_5x5", _LESSON, 0.9893),
    Training("deep_cnn", "mnist", "deep_cnn", ("--epochs", "30"), 0.995),
    Training("deep_cnn-quick", "mnist", "deep_cnn", ("--epochs", "3", "--augment", "none"), 0.9926),
    Training("deep_cnn-lesson", "mnist", "deep_cnn", _LESSON, 0.9926),
    Training("flowers-mobilenet", "flowers", "mobilenet", _QUARTER, 0.86),
    Training("flowers-mobilenet-144", "flowers", "mobilenet", (*_QUARTER_HEAD, "--size", "144")),
    Training("flowers-mobilenet-176", "flowers", "mobilenet", (*_QUARTER_HEAD, "--size", "176")),
    Training("flowers-mobilenet-224", "flowers", "mobilenet", (*_QUARTER_HEAD, "--size", "224")),
    Training("flowers-lite0-head", "flowers", "efficientnet_lite0", ("--strategy", "head")),
    Training("flowers-lite0", "flowers", "efficientnet_lite0", _WHOLE, 0.92),
    Training("cats_dogs-mobilenet", "cats_dogs", "mobilenet", _QUARTER, 0.96),
    Training("cats_dogs-mobilenet-288", "cats_dogs", "mobilenet", (*_QUARTER, "--size", "288"), 0.96),
    Training("cats_dogs-lite0-head", "cats_dogs", "efficientnet_lite0", ("--strategy", "head")),
    Training("cats_dogs-lite0", "cats_dogs", "efficientnet_lite0", _WHOLE, 0.985),
    Training("cats_dogs-scratch", "cats_dogs", "cats_dogs", ("--epochs", "120", "--augment", "strong"), 0.80),
    Training("cats_dogs-scratch-plain", "cats_dogs", "cats_dogs", ("--epochs", "120", "--augment", "none")),
    Training("cifar_simple-lesson", "cifar10", "cifar_simple", _LESSON, 0.679),
    Training("cifar_simple", "cifar10", "cifar_simple", ("--epochs", "5", "--augment", "none"), 0.679),
    Training("cifar_bn-lesson", "cifar10", "cifar_bn", _LESSON, 0.7747),
    Training("cifar_bn", "cifar10", "cifar_bn", ("--epochs", "20", "--augment", "none"), 0.80),
    Training("resnet8", "cifar10", "resnet8", ("--epochs", "45")),
    Training("cifar_small", "cifar10", "cifar_small", ("--epochs", "15")),
)


def choose_trainings(names: Sequence[str]) -> tuple[Training, ...]:
    """Those of these names; all of them without a name. Raises BenchmarkError for a name that there is not."""
    known = {training.name: training for training in TRAININGS}
    for name in names:
        if name not in known:
            raise BenchmarkError(f"{name}: no such training; expected some of {', '.join(known)}")
    return tuple(known[name] for name in names) or TRAININGS


def run_training(training: Training, data_dir: Path, out: Path, tell: Callable[[str], None]) -> Outcome:
    """Run it, unless its model is already in `out`. Raises BenchmarkError when it fails, or its figures are damaged."""
    figures = training.file(out).with_suffix(".metrics.json")
    if not figures.exists():
        command = training.command(data_dir, out)
        tell("python " + " ".join(command[1:]))
        if subprocess.run(command, check=False).returncode:
            raise BenchmarkError(f"{training.name}: failed; its own words are above")
    try:
        return read_outcome(training, json.loads(figures.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise BenchmarkError(
            f"{figures}: is no metrics.json of python -m train ({type(error).__name__}: {error}); "
            "delete it to train again"
        ) from None


def read_outcome(training: Training, figures: dict[str, Any]) -> Outcome:
    """What a training wrote to its metrics.json."""
    seconds = sorted(
        epoch["train_seconds"] for epoch in figures["epochs"] if epoch["phase"] == figures["epochs"][-1]["phase"]
    )
    low, high = figures["top1_interval_95"]
    return Outcome(
        training,
        figures["top1"],
        (low, high),
        figures["count"],
        len(figures["epochs"]),
        seconds[len(seconds) // 2],
        sum(epoch["train_seconds"] for epoch in figures["epochs"]),
        _seconds_to_bar(training, figures),
    )


def _seconds_to_bar(training: Training, figures: dict[str, Any]) -> float | None:
    if training.bar is None:
        return None
    spent: float = 0
    for epoch in figures["epochs"]:
        spent += float(epoch["train_seconds"])
        if training.options == _LESSON and epoch["validation_accuracy"] >= training.bar:
            return spent
    return spent if bool(figures["top1"] >= training.bar) else None


def format_lead(outcomes: Sequence[Outcome]) -> list[str]:
    """A line for each network that was trained by the lesson's recipe and by ours to the same bar."""
    reached = [outcome for outcome in outcomes if outcome.bar_seconds]
    lessons = [outcome for outcome in reached if outcome.training.options == _LESSON]
    return [
        f"{ours.training.name} reaches {ours.training.bar:.2%} in {ours.bar_seconds:.0f} s, "
        f"{lesson.training.name} in {lesson.bar_seconds:.0f} s: x {lesson.bar_seconds / ours.bar_seconds:.1f} sooner"
        for lesson in lessons
        for ours in reached
        if lesson.bar_seconds
        and ours.bar_seconds
        and ours is not lesson
        and (ours.training.model, ours.training.bar) == (lesson.training.model, lesson.training.bar)
    ]


def format_outcomes(outcomes: Sequence[Outcome]) -> str:
    """An aligned Markdown table."""
    titles = [
        "name",
        "model",
        "options",
        "top-1 (95 %)",
        "bar",
        "held",
        "epochs",
        "s an epoch",
        "s to the bar",
        "s in all",
    ]
    return format_rows([titles, *map(_row, outcomes)])


def _row(one: Outcome) -> list[str]:
    training = one.training
    low, high = (f"{100 * end:.1f}" for end in one.interval)
    return [
        training.name,
        training.model,
        f"`{' '.join(training.options)}`" if training.options else "",
        f"{100 * one.top1:.2f} % of {one.count:,} ({low} to {high})",
        "" if training.bar is None else f"{100 * training.bar:.4g} %",
        "" if training.bar is None else "yes" if one.holds else "missed",
        str(one.epochs),
        f"{one.epoch_seconds:.1f}",
        "" if one.bar_seconds is None else f"{one.bar_seconds:.0f}",
        f"{one.seconds:,.0f}",
    ]
