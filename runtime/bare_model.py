"""A card for a model that has none: from its tensors, what it answers to a few pictures, and what the user tells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from runtime.backends import Backend, TensorInfo, input_range, keep_bytes, open_backend, takes_bytes
from runtime.backends.backend import make_encoder
from runtime.backends.shapes import count_scores, how_to_fix_size
from runtime.card import InputSize, ModelCard, Normalisation
from runtime.errors import ModelError, UsageError
from runtime.foreign import Told, read_told
from runtime.labels import match_labels
from runtime.operators.ending import ends_in_sum

# As Teachable Machine, Coral and others put beside a model; named to the user, who knows whether they are its.
_LABEL_FILES = ("labels.txt", "class_labels.txt", "label.txt")
_VALUES_TOO = (
    ", and the values that it was trained with: --scale 1/255, or --mean and --std, or --scale 1 where it normalises "
    "by itself"
)
# Of the values of an input, between what its tensor says and what the user does.
_RANGE_TOLERANCE = 0.1
# Of a sum of probabilities: float16 and a softmax of a thousand classes round.
_SUM_TOLERANCE = 0.01
# Of 256, that a picture must keep: pictures of 6 bits are still pictures.
_LEAST_LEVELS = 64


def open_bare_model(
    path: Path,
    backend: str | None,
    threads: int | None,
    labels: Sequence[str] | None,
    normalisation: Normalisation | None,
) -> tuple[ModelCard, Backend]:
    """A model without a card, by what the user tells and, for the rest, by what its file does (runtime.foreign).

    Raises as `improvise_card` and `open_backend` do, and ModelError where what the file tells is damaged.
    """
    opened = open_backend(path, name=backend, threads=threads, normalisation=normalisation)
    told = Told() if labels and normalisation else read_told(path)
    if normalisation is None and told.source and not takes_bytes(opened.input):  # which go in as they are
        normalisation = told.normalisation_for(opened.input)
        opened = open_backend(path, name=backend, threads=threads, normalisation=normalisation)
    return improvise_card(path, opened, labels or told.labels or None, normalisation), opened


def improvise_card(
    path: Path, backend: Backend, labels: Sequence[str] | None, normalisation: Normalisation | None
) -> ModelCard:
    """The card. Raises ModelError where the user has to tell what is missing, and for labels of another count."""
    if labels is None:
        is_known = normalisation is not None or not np.issubdtype(backend.input.dtype, np.floating)
        lack = name_lack(path, count_scores(backend.output) or 0, has_values=is_known)
        raise ModelError(f"{path}: has no model card; give its labels: {lack}")
    if normalisation is None:
        _require_known_range(path, backend)
    height, width, channels = backend.input_shape
    if not (height and width):
        raise ModelError(
            f"{path}: takes pictures of any size and has no model card; {how_to_fix_size(path, backend.input)}"
        )
    known = normalisation or Normalisation()
    size = InputSize(height, width, channels)
    if not {len(known.mean), len(known.std)} <= {1, channels}:
        raise UsageError(f"{path}: takes {size}; expected --mean and --std of one number or of {channels}")
    if normalisation is not None and np.issubdtype(backend.input.dtype, np.integer):
        if takes_bytes(backend.input):
            _require_range(path, backend.input, normalisation)
        else:
            _require_levels(path, backend, normalisation)
    answers = np.stack([backend.run(picture) for picture in probe_pictures(backend.input_shape)])
    # One that standardises each picture by itself has no number for what is of one colour.
    answers = answers[np.isfinite(answers).all(axis=1)]
    if not len(answers):
        raise ModelError(
            f"{path}: answers with NaN or infinity; export it again, or give the values it was trained with"
        )
    kind = guess_scores(answers, is_quantized=backend.output.is_quantized)
    # Logits of a few pictures may all lie in 0..1.
    if kind == "sigmoid" and ends_in_sum(path):
        kind = "logits"
    return ModelCard(
        name=path.stem,
        architecture="unknown",
        labels=match_labels(labels, answers.shape[1], path),
        input=size,
        scores=kind,
        normalisation=known,
        recipe="unknown",
    )


def name_lack(path: Path, scores: int, *, has_values: bool) -> str:
    """The options that tell what a file does not: its labels, and unless they are known, its values, too.

    scores: how many it gives, where that is known.
    """
    beside = next((file for file in map(path.with_name, _LABEL_FILES) if file.is_file()), None)
    count = f", {scores} of them" if scores > 1 else ""
    return f"--labels {beside or 'FILE'} (one label a line{count}){'' if has_values else _VALUES_TOO}"


def _require_known_range(path: Path, backend: Backend) -> None:
    tensor = backend.input
    if np.issubdtype(tensor.dtype, np.floating):
        raise ModelError(
            f"{path}: takes {tensor.dtype} and has no model card, so its value range is not known; "
            "give --scale 1/255 (for 0..1), --mean 127.5 --std 127.5 (for -1..1), --scale 1 (for 0..255, where it "
            "normalises by itself) or --mean 123.675,116.28,103.53 --std 58.395,57.12,57.375 (for torchvision's), as "
            "it was trained"
        )
    if not takes_bytes(tensor):
        low, high = input_range(tensor)
        plain = keep_bytes(tensor)
        as_they_are = f" (for bytes as they are: --mean {plain.mean[0]:g} --std {plain.std[0]:g})"
        raise ModelError(
            f"{path}: takes {tensor.dtype} that stands for {low:.3g}..{high:.3g}, which is not what bytes stand for, "
            "and has no model card; give --mean and --std as it was trained"
            f"{as_they_are if tensor.dtype.itemsize == 1 else ''}"
        )


def _require_range(path: Path, tensor: TensorInfo, told: Normalisation) -> None:
    """Raise UsageError where an input that takes bytes would not be given the values that it was quantized for."""
    low, high = input_range(tensor)
    ends = [((0 - mean) / std, (255 - mean) / std) for mean, std in zip(told.mean, told.std)]
    slack = _RANGE_TOLERANCE * (high - low)
    if any(abs(first - low) > slack or abs(last - high) > slack for first, last in ends):
        raise UsageError(
            f"{path}: takes values of {low:g}..{high:g}, which bytes are to it, but --mean and --std or --scale "
            f"make {ends[0][0]:g}..{ends[0][1]:g} of a picture; leave them out"
        )


def _require_levels(path: Path, backend: Backend, normalisation: Normalisation) -> None:
    """An input that is quantized for a wide range leaves little of what lies in a small part of it."""
    levels = np.repeat(np.arange(256, dtype=np.uint8).reshape(256, 1, 1), backend.input_shape[2], axis=2)
    left = len(np.unique(make_encoder(backend.input, normalisation)(levels)[..., 0]))
    if left < _LEAST_LEVELS:
        raise UsageError(
            f"{path}: takes {backend.input.dtype}, and --mean, --std or --scale leave {left} of its 256 levels; give "
            "those that it was trained with"
        )


def probe_pictures(shape: tuple[int, int, int]) -> tuple[np.ndarray, ...]:
    """Pictures as unlike as can be: what is true of the answers to all of them is a trait of the network."""
    noise = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    return (*(np.full(shape, level, np.uint8) for level in (0, 128, 255)), noise)


def guess_scores(answers: np.ndarray, *, is_quantized: bool) -> str:
    """What the outputs of a network are, one of SCORES, by its answers to several pictures, pictures x classes.

    Probabilities lie in 0..1, and those of classes that exclude each other sum up to 1; quantized ones may lose much
    of the sum in rounding.
    """
    if not bool(((answers >= -_SUM_TOLERANCE) & (answers <= 1 + _SUM_TOLERANCE)).all()):
        return "logits"
    if answers.shape[1] == 1:
        return "sigmoid"
    excess = answers.sum(axis=1) - 1
    rounding = answers.shape[1] / 512 if is_quantized else 0
    return "softmax" if bool((np.abs(excess) <= _SUM_TOLERANCE + rounding).all()) else "sigmoid"
