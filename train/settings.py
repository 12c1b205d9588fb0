"""How weights are learnt: the numbers of one phase of a training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

AUGMENTATIONS = ("none", "light", "strong")
SCHEDULES = ("constant", "cosine", "exponential", "inverse")
OPTIMIZERS = ("adam", "adamw", "rmsprop", "sgd")

Setting = Union[str, int, float]  # its value, to show and to compare


@dataclass(frozen=True)
class Settings:
    """What a phase learns with.

    epochs: passes over the pictures. batch: pictures a step. rate: the highest learning rate.
    schedule: how the rate changes. `cosine`: it rises over the first twentieth of the steps and falls to zero;
    `constant`; `inverse`: divided by 1 + decay x step; `exponential`: times 1 - decay an epoch.
    smoothing: of the targets. patience: epochs without a better validation loss after which it ends. keeps: which
    weights, those of the `best` validation loss or the `last`.
    """

    epochs: int
    batch: int
    rate: float
    optimizer: str = "adamw"
    momentum: float = 0.0
    schedule: str = "cosine"
    decay: float = 0.0
    smoothing: float = 0.05
    augment: str = "none"
    patience: int = 15
    keeps: str = "best"

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer {self.optimizer!r}, expected one of {', '.join(OPTIMIZERS)}")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"schedule {self.schedule!r}, expected one of {', '.join(SCHEDULES)}")
        if self.augment not in AUGMENTATIONS:
            raise ValueError(f"augment {self.augment!r}, expected one of {', '.join(AUGMENTATIONS)}")
        if min(self.epochs, self.batch, self.patience) < 1 or self.rate <= 0:
            raise ValueError(f"{self}: epochs, batch, patience and rate are above 0")


@dataclass(frozen=True)
class Phase:
    """A part of a training. learns: `head` (the classifier), `last` (and the last layers before it), or `all`."""

    learns: str
    settings: Settings
