"""What a check cannot prove, said beside what it did."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convert.pictures import FittedPictures

# Where that many agree without exception, the true share may still be 90 %.
_FEW = 30
# Classes in a line.
_NAMED = 5


def find_cautions(check: FittedPictures, labels: Sequence[str]) -> tuple[str, ...]:
    """A line for each thing that makes the agreement on these pictures worth little."""
    cautions = []
    count = len(check.pictures)
    if count < _FEW:
        cautions.append(f"{count} pictures prove little; expected {_FEW} and more: give more data")
    # With fewer pictures than classes, as ImageNet's 1000, some have to be missing.
    if check.targets is not None and count >= len(labels):
        missing = [labels[index] for index in np.setdiff1d(np.arange(len(labels)), check.targets)]
        if missing:
            named = ", ".join([*missing[:_NAMED], *["..."] * (len(missing) > _NAMED)])
            cautions.append(f"no picture of {len(missing)} of the {len(labels)} classes ({named}): give data of all")
    return tuple(cautions)
