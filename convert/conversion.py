"""A conversion from end to end: check, convert, compare, embed the card, and only then give a file its name."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from convert.agreement import Agreement, ScorePicture, measure_agreement
from convert.bias_correction import can_correct_biases, correct_biases
from convert.bounds import require_bounds
from convert.cam import with_cam
from convert.diagnose_files import diagnose_file
from convert.differences import save_differences
from convert.float_layers import recipes_to_try
from convert.golden import make_golden
from convert.interrupts import defer_interrupts
from convert.network import Network, load_network
from convert.observer import Observer
from convert.order import Order, Target
from convert.pictures import FittedPictures, choose_pictures, fit_pictures, open_whole, span_input_range
from convert.scratch import own_scratch
from convert.source import Source, open_source
from runtime.backends import open_backend
from runtime.card import Measured, ModelCard
from runtime.card_file import embed_card, write_whole
from runtime.dataset import DataSet
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


@dataclass(frozen=True)
class _Material:
    """What a conversion works with, all of it read and checked."""

    source: Source
    network: Network
    calibration: FittedPictures
    check: FittedPictures
    golden: DataSet | None


@dataclass(frozen=True)
class _Draft:
    """A file without a card yet: what made it, what asks it, how it agrees, and its layers that stayed float32."""

    tools: tuple[str, ...]
    score: ScorePicture
    agreement: Agreement
    kept: tuple[str, ...]


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
        material = _gather(order, observer)
        targets = observer.track(order.targets, "files", len(order.targets))
        return [_attempt(target, order, material, observer) for target in targets]


@contextlib.contextmanager
def _explain_disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConversionError(
            f"{path}: not written ({error}); see that you may write there, and that there is space there "
            f"and in {tempfile.gettempdir()}"
        ) from None


def _gather(order: Order, observer: Observer) -> _Material:
    """Read everything; the network, whose libraries take seconds to load, last."""
    source = open_source(order.model)
    choice = choose_pictures(order.data, order.calibration_images, order.check_images, order.data_dir)
    golden = None if order.golden is None else choice.calibration
    if order.golden not in (None, order.data):
        golden = open_whole(order.golden, "test", order.data_dir)
    calibration = fit_pictures(choice.calibration, source.card, observer, "reading for calibration")
    check = fit_pictures(choice.check, source.card, observer, "reading for the check")
    network = load_network(source)
    return _Material(source, with_cam(network) if order.with_cam else network, calibration, check, golden)


def _attempt(target: Target, order: Order, material: _Material, observer: Observer) -> Conversion | Failure:
    made: list[Conversion] = []
    try:
        with _explain_disk(target.path):
            write_whole(target.path, lambda new: made.append(_make(new, target, order, material, observer)))
    except EdgeframeError as error:
        return Failure(target.path, error)
    return made[0]


def _make(new: Path, target: Target, order: Order, material: _Material, observer: Observer) -> Conversion:
    """Write the converted file to `new`, and its card into it once it has proved itself."""
    source, draft = material.source, _write_within_bounds(new, target, order, material, observer)
    agreement, score, tools = draft.agreement, draft.score, draft.tools
    if order.differences is not None:
        save_differences(order.differences, target.path.name, material.check, agreement, source.card.labels)
    require_bounds(order, target, agreement, draft.kept)
    card = replace(
        source.card,
        recipe=target.recipe.name,
        measured=_measured(material.check, agreement),
        golden=() if material.golden is None else make_golden(material.golden, source.card, score, observer),
        provenance=replace(
            source.card.provenance, source_sha256=source.sha256, tools=(*source.card.provenance.tools, *tools)
        ),
    )
    embed_card(new, card)
    return Conversion(target.path, new.stat().st_size, card, tools, agreement, material.check.split)


def _write_within_bounds(new: Path, target: Target, order: Order, material: _Material, observer: Observer) -> _Draft:
    """Try the recipes of the target, until one is within the order's bounds; else the last one comes back."""
    network = replace(material.network, batch=target.batch)
    pictures = material.calibration.pictures
    calibration = span_input_range(pictures)
    write = target.form.load_writer()

    def find_suspects() -> tuple[str, ...]:
        write(network, target.recipe, calibration, new, observer)
        return diagnose_file(network, new, calibration, observer).suspects()

    @cache
    def corrected() -> Network:
        return correct_biases(network, pictures, observer)

    recipes = recipes_to_try(target.float_layers, target.recipe, find_suspects, can_correct=can_correct_biases(network))
    for recipe in recipes:
        tools = write(corrected() if recipe.has_corrected_biases else network, recipe, calibration, new, observer)
        with defer_interrupts():
            score = partial(network.ask, open_backend(new).run)
        agreement = measure_agreement(network, score, material.check, observer)
        draft = _Draft(tools, score, agreement, recipe.keep_float)
        with contextlib.suppress(ConversionError):
            require_bounds(order, target, draft.agreement, draft.kept)
            break
    return draft


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
