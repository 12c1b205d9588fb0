"""What a check cannot prove and what labels cannot tell apart, said beside what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from convert.keras_file import list_normalising
from convert.pictures import FittedPictures
from runtime.card import Normalisation
from runtime.intervals import wilson_interval

# Where that many agree without exception, the true share may still be 90 %.
_FEW = 30
# Names in a line.
_NAMED = 5


def find_cautions(check: FittedPictures, original: np.ndarray, labels: Sequence[str]) -> tuple[str, ...]:
    """A line for each thing that makes the agreement on these pictures worth little.

    original: what the network says of them, count x classes.
    """
    cautions = []
    count = len(check.pictures)
    if count < _FEW:
        cautions.append(f"{count} pictures prove little; expected {_FEW} and more: give more data")
    named = original.argmax(axis=1)
    if count > 1 and len(np.unique(named)) == 1:
        # So does a network of 0..1 that is given 0..255, and whatever rounding does to it, it goes on to.
        cautions.append(
            f"the original itself names {labels[named[0]]} on all {count} pictures, so agreeing is easy: see that it "
            "was trained, and adopted with the --scale, or --mean and --std, that it was trained with"
        )
    elif check.targets is not None and count >= _FEW:
        right = int((named == check.targets).sum())
        if wilson_interval(right, count)[0] <= 1 / len(labels):
            cautions.append(
                f"the original itself is right on {right / count:.1%}, as guessing may be: see that it was adopted "
                "with its labels in the order of its scores, and with the --scale, --mean, --std and --channels it "
                "was trained with"
            )
    # With fewer pictures than classes, as ImageNet's 1000, some have to be missing.
    if check.targets is not None and count >= len(labels):
        missing = [labels[index] for index in np.setdiff1d(np.arange(len(labels)), check.targets)]
        if missing:
            named = _name_some(missing)
            cautions.append(f"no picture of {len(missing)} of the {len(labels)} classes ({named}): give data of all")
    return tuple(cautions)


def find_label_cautions(labels: Sequence[str]) -> tuple[str, ...]:
    """A line where classes have the same label. ImageNet has two cranes, so that is no error."""
    alike = [label for label, count in Counter(labels).items() if count > 1]
    if not alike:
        return ()
    return (
        f"{_name_some(alike)}: the label of more than one class, which no result tells apart; see that it is meant",
    )


def find_scale_cautions(path: Path, normalisation: Normalisation | None) -> tuple[str, ...]:
    """A line where a `.keras` that was told how to scale its pictures scales them itself, too."""
    if path.suffix != ".keras" or normalisation is None or normalisation.is_identity:
        return ()
    layers = list_normalising(path)
    if not layers:
        return ()
    return (
        f"{path} has a {layers[0]} layer of its own, behind the --scale, or --mean and --std: leave them out, unless "
        "it was trained on pictures that were scaled before",
    )


def _name_some(names: Sequence[str]) -> str:
    return ", ".join([*names[:_NAMED], *["..."] * (len(names) > _NAMED)])
