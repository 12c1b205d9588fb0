"""What each pass over the pictures gave."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EpochMetrics:
    """One pass over the data.

    number: from 1, counted on through all phases. phase: which weights it learnt (`head`, `all`, ...).
    Accuracies 0..1. rate: the learning rate at its end.
    seconds: with those that saving the epoch before took, where it is not the first of its phase or of a process.
    """

    number: int
    phase: str
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    rate: float
    seconds: float
