"""What a report tells, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runtime.card import ModelCard
from train.evaluation import Evaluation
from train.history import EpochMetrics
from train.settings import Setting


@dataclass(frozen=True)
class TrainingReport:
    """A finished training. Raises ValueError when the parts do not go together.

    settings: name and value of all that the run was asked for. best_epoch: the number of the epoch whose weights were
    kept. evaluation: of the test pictures. summary: of the network, a text in columns. parameters: numbers in the
    network. file_bytes: of the model file. seconds: of the whole training, with the epochs that a resumed one went on
    from. skipped: why each picture that could not be read was left out.
    """

    card: ModelCard
    settings: tuple[tuple[str, Setting], ...]
    epochs: tuple[EpochMetrics, ...]
    best_epoch: int
    evaluation: Evaluation
    summary: str
    parameters: int
    file_bytes: int
    seconds: float
    skipped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.evaluation.labels != self.card.labels:
            raise ValueError("the evaluation has other labels than the card; expected the same")
        numbers = [epoch.number for epoch in self.epochs]
        if numbers != sorted(set(numbers)) or self.best_epoch not in numbers:
            raise ValueError(f"best epoch {self.best_epoch} of {numbers}; expected one of them, in ascending order")


def report_paths(out: Path) -> tuple[Path, Path]:
    """Beside a model file: its page and its figures, by its name, so that models in one folder keep theirs."""
    return out.with_name(f"{out.stem}.report.html"), out.with_name(f"{out.stem}.metrics.json")
