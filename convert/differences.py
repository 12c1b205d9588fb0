"""The pictures on which a converted file answers otherwise than its original, for people to look at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from convert.agreement import Agreement
from convert.pictures import FittedPictures

_LONGEST_LABEL = 60
_NO_FILE_NAME = re.compile(r"[^\w.+-]+")


def save_differences(
    folder: Path, name: str, fitted: FittedPictures, agreement: Agreement, labels: Sequence[str]
) -> None:
    """Save each as `NAME-NUMBER-original-LABEL-converted-LABEL.png`, fitted as the networks saw it.

    The folder is made where it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for difference in agreement.differing:
        first, second = (_plain(labels[index]) for index in (difference.original, difference.converted))
        file = f"{name}-{difference.number:05d}-original-{first}-converted-{second}.png"
        Image.fromarray(np.squeeze(fitted.pictures[difference.number], axis=_gray_axis(fitted))).save(folder / file)


def _gray_axis(fitted: FittedPictures) -> tuple[int, ...]:
    return (2,) if fitted.pictures.shape[-1] == 1 else ()


def _plain(label: str) -> str:
    """A label as part of a file's name."""
    return _NO_FILE_NAME.sub("_", label)[:_LONGEST_LABEL]
