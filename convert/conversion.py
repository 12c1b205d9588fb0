"""A conversion from end to end: check, convert, compare, embed the card, and only then give a file its name."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from convert.agreement import Agreement
from convert.attempts import Trial
from convert.bounds import require_bounds
from convert.differences import save_differences
from convert.golden import make_golden
from convert.material import Material, gather_material
from convert.observer import Observer
from convert.order import Order, Target
from convert.pictures import FittedPictures
from convert.scratch import own_scratch
from runtime.card import Measured, ModelCard
from runtime.card_file import embed_card, write_whole
from runtime.errors import ConversionError, EdgeframeError


@dataclass(frozen=True)
class Conversion:
    """A finished file. size: in bytes. tools: what made it. split: of the data, that it was checked on."""

    path: Path
    size: int
    card: ModelCard
    tools: tuple[str, ...]
    agreement: Agreement
    split: str


@dataclass(frozen=True)
class Failure:
    """A file that was not written, and why."""

    path: Path
    error: EdgeframeError


def convert(order: Order, observer: Observer) -> list[Conversion | Failure]:
    """Make every file of the order, each written whole or not at all; one that fails does not hinder the others.

    Raises what the model's file and the data raise (ModelError, DataError, ConversionError): then there is
    nothing that any file could be made of.
    """
    folder = order.targets[0].path.parent
    if len(order.targets) > 1 and folder.parent.is_dir():
        folder.mkdir(exist_ok=True)
    if not folder.is_dir():
        raise ConversionError(f"{order.targets[0].path}: there is no folder {folder}; make it first")
    with _explain_disk(order.targets[0].path), own_scratch():
        material = gather_material(order, observer)
        targets = observer.track(order.targets, "files", len(order.targets))
        return [_convert_one(target, order, material, observer) for target in targets]


@contextlib.contextmanager
def _explain_disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConversionError(
            f"{path}: not written ({error}); see that you may write there, and that there is space there "
            f"and in {tempfile.gettempdir()}"
        ) from None


def _convert_one(target: Target, order: Order, material: Material, observer: Observer) -> Conversion | Failure:
    made: list[Conversion] = []
    try:
        with _explain_disk(target.path), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            trial = Trial(order, target, material, observer, Path(folder))
            write_whole(target.path, lambda new: made.append(_make(new, trial)))
    except EdgeframeError as error:
        return Failure(target.path, _name_file(target.path, error))
    return made[0]


def _name_file(path: Path, error: EdgeframeError) -> EdgeframeError:
    """The error, in whose text the file is: what makes a file knows the network, not which of its files failed."""
    is_named = str(error).startswith(f"{path}: ")
    return error if is_named else type(error)(f"{path}: not written; {error}")


def _make(new: Path, trial: Trial) -> Conversion:
    """Write the trial's best file to `new` with its card, once it has proved itself."""
    order, target, material, best = trial.order, trial.target, trial.material, trial.run()
    source, agreement = material.source, best.agreement
    if order.differences is not None:
        save_differences(order.differences, target.path.name, material.check, agreement, source.card.labels)
    require_bounds(order, target, agreement, best.kept)
    card = replace(
        source.card,
        recipe=target.recipe.name,
        measured=_measured(material.check, agreement),
        golden=() if material.golden is None else make_golden(material.golden, source.card, best.score, trial.observer),
        provenance=replace(
            source.card.provenance, source_sha256=source.sha256, tools=(*source.card.provenance.tools, *best.tools)
        ),
    )
    shutil.copyfile(best.path, new)
    embed_card(new, card)
    return Conversion(target.path, new.stat().st_size, card, best.tools, agreement, material.check.split)


def _measured(check: FittedPictures, agreement: Agreement) -> Measured | None:
    if agreement.correct is None or agreement.correct_original is None:
        return None
    return Measured(
        # The name alone: where it lies is of no use elsewhere.
        data=Path(check.data).name,
        split=check.split,
        count=agreement.count,
        top1_float=agreement.correct_original / agreement.count,
        top1=agreement.correct / agreement.count,
    )
