"""What a training is to do, checked before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from runtime.card import Fit, InputSize
from runtime.errors import ModelError, UsageError
from runtime.whole_file import file_sha256
from train.models import Architecture, Lesson
from train.settings import Phase, Setting, Settings

RECIPES = ("own", "lesson")
_SMALL_SIDE = 64  # pixels; up to here a step of many pictures is quick
_SMALL_BATCH, _PHOTO_BATCH = 128, 32
# Of one's own pictures as much is seen as a square shows. The margin that published classifiers leave out (their row's
# `fit`) cost a classifier of flowers some of its answers (docs/results.md).
OWN_FIT = Fit("crop")
_HEAD = Settings(epochs=30, batch=_PHOTO_BATCH, rate=2e-3)


@dataclass(frozen=True)
class Strategy:
    """Which weights are learnt, one part after the other; `pretrained`: the others are the published ones.

    rate: the highest learning rate of the last phase, in which `epochs` and `augment` are the default too.
    """

    name: str
    purpose: str
    learns: tuple[str, ...]
    epochs: int
    rate: float
    augment: str

    @property
    def pretrained(self) -> bool:
        return self.name != "scratch"


STRATEGIES = (
    Strategy("scratch", "all weights are learnt from the pictures", ("all",), 20, 2e-3, "light"),
    Strategy("head", "only a new classifier on published weights", ("head",), 30, 2e-3, "none"),
    Strategy("partial", "a new classifier, then the last layers before it too", ("head", "last"), 10, 3e-4, "light"),
    Strategy("full", "a new classifier, then everything at a low rate", ("head", "all"), 10, 3e-4, "light"),
)


@dataclass(frozen=True)
class Choices:
    """What the user asked for; None: the default of the strategy or the lesson."""

    epochs: int | None = None
    batch: int | None = None
    augment: str | None = None


@dataclass(frozen=True)
class Plan:
    """One training. Raises UsageError when its parts cannot go together, ModelError when its teacher is no file.

    size: of the pictures that the network takes; its channels are what the network has for colour pictures.
    unfreeze: how many of the last layers with weights `partial` learns. teacher: a .keras whose answers are learnt too.
    """

    architecture: Architecture
    strategy: Strategy
    phases: tuple[Phase, ...]
    size: InputSize
    fit: Fit
    alpha: float = 1.0
    seed: int = 0
    recipe: str = "own"
    unfreeze: int | None = None
    teacher: Path | None = None

    def __post_init__(self) -> None:
        check_variant(self.architecture, self.alpha, self.strategy.pretrained)
        if self.unfreeze is not None and "last" not in self.strategy.learns:
            raise UsageError(f"--unfreeze: is for --strategy partial, not {self.strategy.name}")
        if self.teacher is not None and self.strategy.learns == ("head",):
            raise UsageError("--distill: a head is learnt from features, not pictures; use scratch, partial or full")
        if self.teacher is not None and not self.teacher.is_file():
            raise ModelError(f"--distill {self.teacher}: no such file; name a .keras of python -m train")

    def for_pictures(self, are_gray: bool) -> Plan:
        """The same, with one channel where network and pictures are gray and three elsewhere."""
        channels = self.architecture.input.channels if are_gray else 3
        return replace(self, size=replace(self.size, channels=channels))

    def settings(self) -> tuple[tuple[str, Setting], ...]:
        """Names and values of all that decides what comes out, to show and to compare."""
        phases = (
            (f"phase {number} {name}", value)
            for number, phase in enumerate(self.phases, 1)
            for name, value in (("learns", phase.learns), *vars(phase.settings).items())
        )
        return (
            ("model", self.architecture.name),
            ("strategy", self.strategy.name),
            ("recipe", self.recipe),
            ("input", f"{self.size}, {self.fit}"),
            ("width", self.alpha),
            ("seed", self.seed),
            ("teacher", f"{self.teacher.name}, {file_sha256(self.teacher)[:16]}" if self.teacher else "none"),
            ("unfrozen layers", self.unfreeze or "by the strategy"),
            *phases,
        )


def choose_strategy(architecture: Architecture, name: str | None) -> Strategy:
    """The strategy of that name; without a name, published weights are used where there are any."""
    wanted = name or ("head" if architecture.weights else "scratch")
    return next(strategy for strategy in STRATEGIES if strategy.name == wanted)


def choose_size(architecture: Architecture, side: int | None) -> InputSize:
    """`side` x `side`, or what the network has by itself."""
    return replace(architecture.input, height=side, width=side) if side else architecture.input


def plan_phases(strategy: Strategy, size: InputSize, choices: Choices) -> tuple[Phase, ...]:
    """Our own recipe: AdamW, a cosine after a warm-up, targets smoothed a little."""
    batch = choices.batch or (_SMALL_BATCH if max(size.height, size.width) <= _SMALL_SIDE else _PHOTO_BATCH)
    augment = choices.augment or strategy.augment
    last = Settings(choices.epochs or strategy.epochs, batch, strategy.rate, augment=augment)
    *before, learns = strategy.learns
    return (*(Phase(part, replace(_HEAD, batch=batch)) for part in before), Phase(learns, last))


def plan_lesson(architecture: Architecture, choices: Choices) -> tuple[Phase, ...]:
    """The settings of the classic lesson. Raises UsageError where the network is of none."""
    lesson: Lesson | None = architecture.lesson
    if lesson is None:
        raise UsageError(f"{architecture.name}: is of no lesson; leave out --recipe lesson")
    settings = Settings(
        epochs=choices.epochs or lesson.epochs,
        batch=choices.batch or lesson.batch,
        rate=lesson.rate,
        optimizer=lesson.optimizer,
        momentum=lesson.momentum,
        schedule=lesson.schedule,
        decay=lesson.decay,
        smoothing=0.0,
        augment=choices.augment or ("light" if lesson.augment else "none"),
        patience=choices.epochs or lesson.epochs,
        keeps="last",
    )
    return (Phase("all", settings),)


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
