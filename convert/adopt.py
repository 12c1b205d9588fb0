"""Adopting a classifier made elsewhere: a card for its file, so that it needs no flags (.keras: see adopt_keras)."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from convert.failure import explain_disk
from runtime.backends import count_scores, open_backend
from runtime.bare_model import name_lack
from runtime.card import Fit, ModelCard, Normalisation, Provenance
from runtime.card_file import check_model_path, embed_card, read_card
from runtime.classifier import Classifier
from runtime.errors import ConversionError, UsageError
from runtime.foreign import read_told
from runtime.version import __version__
from runtime.whole_file import file_sha256, write_whole

CHANNELS = ("rgb", "bgr")
# Of a score, between the file as it was and as it becomes: quantized ones may round to the next of 256 levels.
_TOLERANCE = 0.005


@dataclass(frozen=True)
class Adoption:
    """What is known of a model made elsewhere; None is what its file has to tell.

    normalisation: its numbers are in the order of `channels`, one of CHANNELS: what the network takes.
    """

    model: Path
    out: Path
    labels: tuple[str, ...] | None = None
    normalisation: Normalisation | None = None
    fit: Fit | None = None
    channels: str = "rgb"
    name: str | None = None
    licence: str | None = None


def adopt(adoption: Adoption) -> ModelCard:
    """Write `adoption.out`: the same network with a card, which takes RGB. It is written whole or not at all.

    Raises ModelError (no image classifier, other labels), UsageError (what has to be told), ConversionError.
    """
    path = _check_files(adoption)
    if path.suffix == ".keras":
        from convert.adopt_keras import adopt_keras

        return adopt_keras(adoption)
    known = _complete(adoption)
    original = Classifier.load(path, labels=known.labels, normalisation=known.normalisation, fit=known.fit)
    if known.channels != CHANNELS[0] and original.card.input.channels != 3:
        raise UsageError(f"--channels {known.channels}: {path} takes gray pictures, which have no order of channels")
    card = replace(
        original.card,
        name=known.name or path.stem,
        licence=known.licence or "",
        normalisation=_as_rgb(original.card.normalisation, known.channels),
        provenance=Provenance(path.name, file_sha256(path), (f"edgeframe {__version__}",)),
    )
    with explain_disk(known.out):
        write_whole(known.out, lambda new: _write(new, known, original, card))
    return card


def _check_files(adoption: Adoption) -> Path:
    path = check_model_path(adoption.model)
    if path.suffix != adoption.out.suffix:
        raise UsageError(f"--out {adoption.out}: expected a name that ends in {path.suffix}, as {path} does")
    if read_card(path) is not None:
        raise ConversionError(f"{path}: has a model card already; see it by runtime info {path}")
    return path


def _complete(adoption: Adoption) -> Adoption:
    """What the user did not tell, from the file's own metadata and its input tensor."""
    told = read_told(adoption.model)
    labels = adoption.labels or told.labels
    backend = open_backend(adoption.model)
    normalisation = adoption.normalisation or told.normalisation_for(backend.input)
    if not labels:
        lack = name_lack(adoption.model, count_scores(backend.output) or 0, has_values=normalisation is not None)
        raise UsageError(f"{adoption.model}: tells no labels; give them: {lack}")
    return replace(
        adoption,
        labels=labels,
        normalisation=normalisation,
        name=adoption.name or told.name,
        licence=adoption.licence or told.licence,
    )


def _as_rgb(normalisation: Normalisation, channels: str) -> Normalisation:
    """The card's pictures are RGB, also where the network turns them round."""
    if channels == "rgb":
        return normalisation
    return Normalisation(normalisation.mean[::-1], normalisation.std[::-1])


def _write(new: Path, adoption: Adoption, original: Classifier, card: ModelCard) -> None:
    if new.suffix == ".onnx":
        from convert.onnx_whole import copy_whole

        copy_whole(adoption.model, new)
    else:
        shutil.copyfile(adoption.model, new)
    if adoption.channels == "bgr":
        from convert.channels import turn_channels

        turn_channels(new, adoption.model)
    if new.suffix == ".onnx":
        _note_shapes(new)
    embed_card(new, card)
    _require_same_answer(adoption, original, Classifier.load(new))


def _note_shapes(path: Path) -> None:
    import onnx

    from convert.onnx_shapes import note_shapes

    model = onnx.load(path)
    # A network that onnx does not understand is adopted all the same: onnxruntime has run it.
    with contextlib.suppress(onnx.shape_inference.InferenceError):
        note_shapes(model)
    onnx.save(model, path)


def _require_same_answer(adoption: Adoption, original: Classifier, adopted: Classifier) -> None:
    """Raise ConversionError unless the new file answers as the old one does, fed as the user told."""
    size = original.card.input
    picture = np.random.default_rng(0).integers(0, 256, (size.height, size.width, size.channels)).astype(np.uint8)
    turned = picture[..., ::-1] if adoption.channels == "bgr" else picture
    difference = float(np.abs(original.score(np.ascontiguousarray(turned)) - adopted.score(picture)).max())
    if difference > _TOLERANCE:
        raise ConversionError(
            f"{adoption.out}: not written; its scores differ by {difference:.3f} from those of {adoption.model}; "
            "report it with the model"
        )
