"""Whether a converted file answers enough like its original to be given its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from convert.agreement import Agreement
from convert.order import Order, Target
from runtime.errors import ConversionError

# Layers in a message.
_NAMED = 5


def is_within_bounds(order: Order, target: Target, agreement: Agreement) -> bool:
    """Whether `require_bounds` lets it pass."""
    try:
        require_bounds(order, target, agreement, ())
    except ConversionError:
        return False
    return True


def require_labels(order: Order, is_labelled: bool) -> None:
    """Raise ConversionError where a drop of top-1 is bounded, but the pictures that check are not labelled."""
    if order.bounds.max_drop is not None and not is_labelled:
        raise ConversionError(
            f"{order.data}: its pictures have no labels, so --max-drop {order.bounds.max_drop:g} "
            "cannot be checked; give labelled ones, or leave it out"
        )


def require_numbers(model: Path, scores: np.ndarray) -> None:
    """Raise ConversionError where the original (count x classes) answers with what is no number: two that do agree."""
    unanswered = int((~np.isfinite(scores)).any(axis=1).sum())
    if unanswered:
        raise ConversionError(
            f"{model}: answers with NaN or infinity to {unanswered} of {len(scores)} pictures, expected probabilities; "
            "train it again"
        )


def require_bounds(order: Order, target: Target, agreement: Agreement, kept: tuple[str, ...]) -> None:
    """Raise ConversionError where a file loses more than the order's bounds allow.

    kept: the layers that stayed float32 in it, those that lose most first.
    """
    remedy = _remedy(order, target, kept)
    if agreement.unanswered:
        raise ConversionError(
            f"{target.path}: not written; it answers with NaN or infinity to {agreement.unanswered} of "
            f"{agreement.count} pictures, and {order.model} to none; {remedy}"
        )
    _require_agreement(order, target, agreement, remedy)
    if order.bounds.max_drop is not None:
        _require_accuracy(order.bounds.max_drop, order, target, agreement, remedy)


def _require_agreement(order: Order, target: Target, agreement: Agreement, remedy: str) -> None:
    short = order.bounds.min_agreement - agreement.top1
    if short > 0:
        raise ConversionError(
            f"{target.path}: not written; it agrees with {order.model} on {agreement.top1:.1%} of {agreement.count} "
            f"pictures, which is {100 * short:.1f} points below --min-agreement {order.bounds.min_agreement:g}; "
            f"{remedy}"
        )


def _require_accuracy(max_drop: float, order: Order, target: Target, agreement: Agreement, remedy: str) -> None:
    # `require_labels` has seen to that before anything was made.
    assert agreement.correct is not None and agreement.correct_original is not None
    drop = 100 * (agreement.correct_original - agreement.correct) / agreement.count
    if drop > max_drop:
        raise ConversionError(
            f"{target.path}: not written; its top-1 on {agreement.count} pictures is {drop:.1f} points below that of "
            f"{order.model}, more than --max-drop {max_drop:g}; {remedy}"
        )


def _remedy(order: Order, target: Target, kept: tuple[str, ...]) -> str:
    if target.recipe.is_lossless:
        return "a float conversion should lose nothing; check that the network has no random layers"
    if target.float_layers.auto and kept:
        without = "" if order.bounds.max_drop is None else " without --max-drop"
        return (
            f"float32 in its {len(kept)} worst layers ({', '.join(kept[:_NAMED])}{', ...' * (len(kept) > _NAMED)}) is "
            "not enough: it does not bear integers, choose --recipe float16 or float32; or have it all the same by "
            f"--min-agreement 0 --out {target.path}{without}, and see python -m convert diagnose "
            f"{order.model} {target.path} --data {order.data}"
        )
    if target.recipe.is_integer:
        auto = "" if target.float_layers.auto or target.recipe.activations != "int8" else "--auto, "
        return f"try {auto}more --calibration-images (now {order.calibration_images}) or --recipe float32"
    return "try --recipe float32"
