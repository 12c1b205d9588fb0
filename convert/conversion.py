"""A conversion from end to end: check, convert, compare, embed the card, and only then give a file its name."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from convert.agreement import Agreement
from convert.attempts import Attempts
from convert.bounds import require_bounds
from convert.cautions import find_cautions
from convert.differences import save_differences
from convert.failure import explain_disk
from convert.golden import make_golden
from convert.material import Material, gather_material
from convert.observer import Observer
from convert.order import Order, Target
from convert.pictures import FittedPictures
from convert.scratch import own_scratch
from runtime.card import Measured, ModelCard
from runtime.card_file import embed_card
from runtime.errors import ConversionError, EdgeframeError
from runtime.whole_file import write_whole


@dataclass(frozen=True)
class Conversion:
    """A finished file. size: in bytes. tools: what made it. split: of the data, that it was checked on.

    cautions: what that check cannot prove, a line each.
    """

    path: Path
    size: int
    card: ModelCard
    tools: tuple[str, ...]
    agreement: Agreement
    split: str
    cautions: tuple[str, ...] = ()


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
    place = order.targets[0].path
    folder = place.parent
    if not (folder.is_dir() or folder.parent.is_dir()):
        raise ConversionError(f"{place}: there is no folder {folder.parent}; make it first")
    with explain_disk(place), own_scratch():
        material = gather_material(order, observer)
        folder.mkdir(exist_ok=True)
        # Whether one may write there is known before the first file is tried.
        tempfile.TemporaryFile(dir=folder).close()
        targets = observer.track(order.targets, "files", len(order.targets))
        return [_convert_one(target, order, material, observer) for target in targets]


def _convert_one(target: Target, order: Order, material: Material, observer: Observer) -> Conversion | Failure:
    try:
        with explain_disk(target.path), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            return _make(Attempts(order, target, material, observer, Path(folder)))
    except EdgeframeError as error:
        return Failure(target.path, _name_file(target.path, error))


def _name_file(path: Path, error: EdgeframeError) -> EdgeframeError:
    """The error, in whose text the file is: what makes a file knows the network, not which of its files failed."""
    is_named = str(error).startswith(f"{path}: ")
    return error if is_named else type(error)(f"{path}: not written; {error}")


def _make(attempts: Attempts) -> Conversion:
    """Give the best of the attempts its card and its name, once it has proved itself.

    Nothing lies beside it before: a conversion that is killed leaves nothing there.
    """
    order, target, material, best = attempts.order, attempts.target, attempts.material, attempts.run()
    source, agreement = material.source, best.agreement
    if order.differences is not None:
        save_differences(order.differences, target.path.name, material.check, agreement, source.card.labels)
    require_bounds(order, target, agreement, best.kept)
    golden = () if material.golden is None else make_golden(material.golden, source.card, best.score, attempts.observer)
    card = replace(
        source.card,
        recipe=target.recipe.name,
        measured=_measured(material.check, agreement),
        golden=golden,
        provenance=replace(
            source.card.provenance, source_sha256=source.sha256, tools=(*source.card.provenance.tools, *best.tools)
        ),
    )
    write_whole(target.path, lambda new: _write(new, best.path, card))
    return Conversion(
        target.path,
        target.path.stat().st_size,
        card,
        best.tools,
        agreement,
        material.check.split,
        find_cautions(material.check, material.original, card.labels),
    )


def _write(new: Path, made: Path, card: ModelCard) -> None:
    shutil.copyfile(made, new)
    embed_card(new, card)


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
