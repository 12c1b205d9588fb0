"""A conversion from end to end: check, convert, compare, embed the card, and only then give the file its name."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from convert.agreement import Agreement, measure_agreement
from convert.formats import Format, Writer
from convert.golden import make_golden
from convert.interrupts import defer_interrupts
from convert.network import Network, load_network
from convert.observer import Observer
from convert.pictures import FittedPictures, choose_pictures, fit_pictures, open_whole, span_input_range
from convert.recipes import Recipe
from convert.scratch import own_scratch
from convert.source import Source, open_source
from runtime.backends import open_backend
from runtime.card import Measured, ModelCard
from runtime.card_file import embed_card, write_whole
from runtime.dataset import DataSet
from runtime.errors import ConversionError


@dataclass(frozen=True)
class Order:
    """What to convert, into what, and by which pictures.

    data, golden: what runtime.dataset.open_dataset takes; golden is None where the card gets no samples.
    calibration_images, check_images: how many pictures at most. min_agreement: 0..1.
    """

    model: Path
    out: Path
    form: Format
    recipe: Recipe
    data: str
    data_dir: str | None = None
    golden: str | None = None
    calibration_images: int = 200
    check_images: int = 1000
    min_agreement: float = 0.97


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
class _Material:
    """What a conversion works with, all of it read and checked."""

    source: Source
    network: Network
    calibration: FittedPictures
    check: FittedPictures
    golden: DataSet | None
    write: Writer


def convert(order: Order, observer: Observer) -> Conversion:
    """Convert as ordered; `order.out` is written whole or not at all.

    Raises ConversionError (below the agreement, not convertible, not writable), and what the model's file and
    the data raise: ModelError, DataError.
    """
    if not order.out.parent.is_dir():
        raise ConversionError(f"{order.out}: there is no folder {order.out.parent}; make it first")
    made: list[Conversion] = []
    try:
        with own_scratch():
            material = _gather(order, observer)
            write_whole(order.out, lambda new: made.append(_make(new, order, material, observer)))
    except OSError as error:
        raise ConversionError(
            f"{order.out}: not written ({error}); see that you may write there, and that there is space there "
            f"and in {tempfile.gettempdir()}"
        ) from None
    return made[0]


def _gather(order: Order, observer: Observer) -> _Material:
    """Read everything; the network, whose libraries take seconds to load, last."""
    source = open_source(order.model)
    choice = choose_pictures(order.data, order.calibration_images, order.check_images, order.data_dir)
    golden = None if order.golden is None else choice.calibration
    if order.golden not in (None, order.data):
        golden = open_whole(order.golden, "test", order.data_dir)
    calibration = fit_pictures(choice.calibration, source.card, observer, "reading for calibration")
    check = fit_pictures(choice.check, source.card, observer, "reading for the check")
    return _Material(source, load_network(source), calibration, check, golden, order.form.load_writer())


def _make(new: Path, order: Order, material: _Material, observer: Observer) -> Conversion:
    """Write the converted file to `new`, and its card into it once it has proved itself."""
    source, calibration = material.source, span_input_range(material.calibration.pictures)
    tools = material.write(material.network, order.recipe, calibration, new, observer)
    with defer_interrupts():
        score = open_backend(new).run
    agreement = measure_agreement(material.network, score, material.check, observer)
    _require_agreement(order, agreement)
    card = replace(
        source.card,
        recipe=order.recipe.name,
        measured=_measured(material.check, agreement),
        golden=() if material.golden is None else make_golden(material.golden, source.card, score, observer),
        provenance=replace(
            source.card.provenance, source_sha256=source.sha256, tools=(*source.card.provenance.tools, *tools)
        ),
    )
    embed_card(new, card)
    return Conversion(order.out, new.stat().st_size, card, tools, agreement, material.check.split)


def _require_agreement(order: Order, agreement: Agreement) -> None:
    if agreement.top1 >= order.min_agreement:
        return
    if order.recipe.is_integer:
        remedy = f"try more --calibration-images (now {order.calibration_images}) or --recipe float32"
    else:
        remedy = "a float conversion should lose nothing; check that the network has no random layers"
    short = order.min_agreement - agreement.top1
    raise ConversionError(
        f"{order.out}: not written; it agrees with {order.model} on {agreement.top1:.1%} of {agreement.count} "
        f"pictures, which is {short:.1%} below --min-agreement {order.min_agreement:g}; {remedy}"
    )


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
