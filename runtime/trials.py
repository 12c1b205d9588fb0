"""Trying a model's settings against each other on this very device: all of them in turn, in rounds, so that heat and
other programs slow none of them more than the others."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from runtime.backends import available_cores, default_threads
from runtime.classifier import Classifier
from runtime.errors import PictureError
from runtime.frame import Frame
from runtime.measure import quantile
from runtime.parallel import classify_pictures
from runtime.sources.pictures import PictureSource

ROUNDS = 10
# Settings whose medians are as near as this are the same: then fewer threads and the better-liked backend win.
NEARLY = 1.02
_WARM_UP_RUNS = 2
_SIDES = (720, 1280)
_PICTURE_ROUNDS = 5
_PICTURES_A_WORKER = 8
_SEED = 0

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Setting:
    """A model file, what runs it, and by how many threads."""

    model: Path
    backend: str
    threads: int


@dataclass(frozen=True)
class Trial:
    """seconds: from a 1280x720 picture to its classes, one a run, in the order of the runs. top1: by the card."""

    setting: Setting
    seconds: tuple[float, ...]
    top1: float | None

    @property
    def p50(self) -> float:
        return quantile(self.seconds, 0.5)

    @property
    def p90(self) -> float:
        return quantile(self.seconds, 0.9)

    @property
    def spread(self) -> float:
        """How far p90 lies above p10, as a share of the median."""
        return (self.p90 - quantile(self.seconds, 0.1)) / self.p50


@dataclass(frozen=True)
class PictureTrial:
    """How many JPEG pictures a second `workers` interpreters of `threads` each classify, one figure a round."""

    workers: int
    threads: int
    pictures_per_second: tuple[float, ...]

    @property
    def median(self) -> float:
        return quantile(self.pictures_per_second, 0.5)


def thread_counts(cores: int) -> tuple[int, ...]:
    """1, 2, 4, ... and the number of cores itself."""
    powers = (1 << exponent for exponent in range(cores.bit_length()))
    return tuple(sorted({count for count in powers if count < cores} | {cores}))


def try_settings(classifiers: Mapping[Setting, Classifier], runs: int, progress: Progress) -> tuple[Trial, ...]:
    """Time `runs` runs of each setting, in ROUNDS rounds that each take the settings in another order."""
    generator = random.Random(_SEED)
    picture = np.asarray(_make_picture())
    seconds: dict[Setting, list[float]] = {setting: [] for setting in classifiers}
    for number in range(ROUNDS):
        for setting in generator.sample(list(classifiers), len(classifiers)):
            count = runs * (number + 1) // ROUNDS - runs * number // ROUNDS
            seconds[setting] += _time_runs(classifiers[setting], picture, count)
        progress(number + 1, ROUNDS)
    return tuple(Trial(setting, tuple(seconds[setting]), _top1(classifiers[setting])) for setting in classifiers)


def choose_setting(trials: tuple[Trial, ...]) -> Trial:
    """Of one model's trials the quickest; of those that are NEARLY as quick, the one tried first."""
    best = min(trial.p50 for trial in trials)
    return next(trial for trial in trials if trial.p50 <= best * NEARLY)


def choose_model(chosen: tuple[Trial, ...], max_latency: float | None) -> Trial | None:
    """The quickest, or with a `max_latency` (seconds, of nine frames of ten) the most accurate of those that keep it
    by what their cards say, and the quickest of equals; None where none keeps it."""
    if max_latency is None:
        return min(chosen, key=lambda trial: trial.p50)
    kept = [trial for trial in chosen if trial.p90 <= max_latency]
    return min(kept, key=lambda trial: (-(trial.top1 or 0.0), trial.p50), default=None)


def try_pictures(load: Callable[[int], Classifier], threads: int) -> tuple[PictureTrial, ...]:
    """One interpreter of one thread for each core, against a single one of `threads` (or of several, where that is 1).

    load: gives a classifier of so many threads.
    """
    cores = available_cores()
    forms = {(cores, 1), (1, threads if threads > 1 else default_threads())}
    pools = {(workers, each): [load(each) for _ in range(workers)] for workers, each in sorted(forms, reverse=True)}
    rates: dict[tuple[int, int], list[float]] = {form: [] for form in pools}
    generator = random.Random(_SEED)
    with TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        _make_picture().save(photo, quality=90)
        for _ in range(_PICTURE_ROUNDS):
            for form in generator.sample(list(pools), len(pools)):
                rates[form].append(_pictures_per_second(pools[form], photo, cores * _PICTURES_A_WORKER))
    return tuple(PictureTrial(*form, tuple(rates[form])) for form in pools)


def choose_pictures(trials: tuple[PictureTrial, ...]) -> PictureTrial:
    """The one with the most pictures a second."""
    return max(trials, key=lambda trial: trial.median)


def _time_runs(classifier: Classifier, picture: np.ndarray, count: int) -> Iterator[float]:
    for number in range(-_WARM_UP_RUNS, count):
        seconds = classifier.classify_frame(Frame(picture)).timings.total
        if number >= 0:
            yield seconds


def _pictures_per_second(pool: list[Classifier], photo: Path, count: int) -> float:
    source, idle = PictureSource(photo.name, lambda: [photo], pool[0].card), list(pool)

    def fail(error: PictureError) -> None:
        raise error

    started = time.perf_counter()
    for _ in classify_pictures(
        range(count), lambda index: source.read(index, photo), idle.pop, top=1, workers=len(pool), on_error=fail
    ):
        pass
    return count / (time.perf_counter() - started)


def _make_picture() -> Image.Image:
    """Soft colours, which a JPEG decoder has as little trouble with as with a photo."""
    height, width = _SIDES
    patches = np.random.default_rng(_SEED).integers(0, 256, (height // 40, width // 40, 3), np.uint8)
    return Image.fromarray(patches).resize((width, height), Image.Resampling.BICUBIC)


def _top1(classifier: Classifier) -> float | None:
    return None if classifier.card.measured is None else classifier.card.measured.top1
