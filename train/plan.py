"""What a training is to do, checked before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace

from runtime.card import Fit, InputSize
from runtime.errors import UsageError
from train.models import Architecture


@dataclass(frozen=True)
class Strategy:
    """Which weights are learnt; `pretrained`: the others are the published ones.

    epochs: enough for most data. rate: the highest learning rate.
    """

    name: str
    purpose: str
    pretrained: bool
    epochs: int
    rate: float


STRATEGIES = (
    Strategy("scratch", "all weights are learnt from the pictures", pretrained=False, epochs=10, rate=2e-3),
    Strategy("head", "only a new classifier on published weights is learnt", pretrained=True, epochs=30, rate=2e-3),
)


@dataclass(frozen=True)
class Schedule:
    """How long and how fast is learnt: passes over the data, pictures a step, highest learning rate."""

    epochs: int
    batch: int
    rate: float


@dataclass(frozen=True)
class Plan:
    """One training. Raises UsageError when its parts cannot go together.

    size: of the pictures that the network takes; its channels are what the network has for colour pictures.
    """

    architecture: Architecture
    strategy: Strategy
    schedule: Schedule
    size: InputSize
    fit: Fit
    alpha: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_variant(self.architecture, self.alpha, self.strategy.pretrained)

    def for_pictures(self, are_gray: bool) -> Plan:
        """The same, with one channel where network and pictures are gray and three elsewhere."""
        channels = self.architecture.input.channels if are_gray else 3
        return replace(self, size=replace(self.size, channels=channels))


def choose_strategy(architecture: Architecture, name: str | None) -> Strategy:
    """The strategy of that name; without a name, published weights are used where there are any."""
    wanted = name or ("head" if architecture.weights else "scratch")
    return next(strategy for strategy in STRATEGIES if strategy.name == wanted)


def choose_size(architecture: Architecture, side: int | None) -> InputSize:
    """`side` x `side`, or what the network has by itself."""
    return replace(architecture.input, height=side, width=side) if side else architecture.input


def check_variant(architecture: Architecture, alpha: float, pretrained: bool) -> None:
    """Raises UsageError when there is no such network, or no published weights for it."""
    name, weights = architecture.name, architecture.weights
    if alpha != 1 and not architecture.has_width:
        raise UsageError(f"{name}: has one width; leave out --alpha {alpha:g}")
    if not pretrained:
        return
    if weights is None:
        raise UsageError(f"{name}: has no published weights; train it with --strategy scratch, or take another model")
    if alpha not in weights.alphas:
        widths = ", ".join(f"{width:g}" for width in weights.alphas)
        raise UsageError(f"{name}: has published weights at --alpha {widths}, not {alpha:g}")
