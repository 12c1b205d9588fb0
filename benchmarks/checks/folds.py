"""Cross-validation: choosing between trainings by their training pictures alone, so that the choice has not seen the
test pictures that the chosen one is published with."""

from __future__ import annotations

import random
import tarfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.checks.trainings import DATA_FILES, Outcome, Training, run_training
from benchmarks.errors import BenchmarkError
from runtime.intervals import wilson_interval

_SEED = 7


def run_folds(
    training: Training, folds: int, data_dir: Path, out: Path, tell: Callable[[str], None]
) -> tuple[Outcome, ...]:
    """Train once for each fold of the training pictures, which are its test, on the others; in folders of `out`.

    Raises BenchmarkError when the training is of no tar of pictures, a class has fewer pictures than folds, or one
    of them fails.
    """
    if training.data not in DATA_FILES:
        raise BenchmarkError(f"{training.name}: --folds is for trainings on a tar of pictures, not {training.data}")
    places = [out / f"fold-{number}-of-{folds}" for number in range(1, folds + 1)]
    _write_folds(data_dir / DATA_FILES[training.data], places)
    return tuple(run_training(training, place, place, tell) for place in places)


def format_folds(outcomes: Sequence[tuple[Outcome, ...]]) -> str:
    """A Markdown table: how many of all training pictures each training was right on, and of each fold."""
    lines = ["| training | options | right | top-1 | 95 % interval | of each fold |", "|---|---|---|---|---|---|"]
    for folds in outcomes:
        right, count = (sum(numbers) for numbers in zip(*((_right(fold), fold.count) for fold in folds)))
        low, high = wilson_interval(right, count)
        training = folds[0].training
        lines.append(
            f"| {training.name} | {' '.join(training.options)} | {right} of {count} | {right / count:.2%} "
            f"| {low:.2%} to {high:.2%} | {', '.join(str(_right(fold)) for fold in folds)} |"
        )
    return "\n".join(lines)


def _right(fold: Outcome) -> int:
    return round(fold.top1 * fold.count)


def _write_folds(source: Path, places: Sequence[Path]) -> None:
    """The tar anew in each place: an equal share of each class's training pictures is its test, the others its train.

    A place that has its tar already is left alone. Raises BenchmarkError when the tar cannot be read or a class has
    too few pictures.
    """
    try:
        with tarfile.open(source) as tar:
            shares = _share(tar.getmembers(), len(places), source)
            for number, place in enumerate(places):
                place.mkdir(parents=True, exist_ok=True)
                if not (place / source.name).exists():
                    _write_fold(tar, shares, number, place / source.name)
    except (OSError, tarfile.TarError) as error:
        raise BenchmarkError(f"{source}: cannot be shared out in folds ({error}); --data-dir must have it") from None


def _share(members: Sequence[tarfile.TarInfo], folds: int, source: Path) -> dict[str, int]:
    """The fold of each training picture, by its name in the tar."""
    classes: dict[str, list[str]] = defaultdict(list)
    for member in members:
        if member.isfile() and member.name.startswith("train/"):
            classes[str(Path(member.name).parent)].append(member.name)
    if not classes or min(map(len, classes.values())) < folds:
        raise BenchmarkError(f"{source}: expected a folder train with at least {folds} pictures of each class")
    drawn = random.Random(_SEED)
    shares = {}
    for name in sorted(classes):
        names = sorted(classes[name])
        drawn.shuffle(names)
        shares.update({picture: number % folds for number, picture in enumerate(names)})
    return shares


def _write_fold(tar: tarfile.TarFile, shares: dict[str, int], fold: int, file: Path) -> None:
    part = file.with_name(file.name + ".part")
    with tarfile.open(part, "w") as written:
        for member in tar.getmembers():
            if member.name in shares:
                folder = "test" if shares[member.name] == fold else "train"
                moved = tarfile.TarInfo(f"{folder}/{member.name.removeprefix('train/')}")
                moved.size = member.size
                written.addfile(moved, tar.extractfile(member))
    part.replace(file)
