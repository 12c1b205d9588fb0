"""Label files: the class names of a model that has no card."""

from __future__ import annotations

import re
from pathlib import Path

from runtime.errors import ModelError

BACKGROUND = "background"
_BACKGROUND_NAMES = {BACKGROUND, "__background__", "???", "dummy", "none of the above"}
_IMAGENET_OUTPUTS = 1001
_NUMBERED = re.compile(r"^(\d+)[:,\s]\s*(\S.*)$")


def read_labels(path: str | Path) -> tuple[str, ...]:
    """One label a line; `0 tench` or `0: tench` on every line is taken as number and label.

    Raises ModelError: no such file, not text, or empty.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "is no text file" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise ModelError(f"{path}: {reason}; expected a text file with one label a line") from None
    lines = [line.strip() for line in text.strip().splitlines()]
    if not any(lines):
        raise ModelError(f"{path}: is empty; expected one label a line")
    matches = [_NUMBERED.match(line) for line in lines]
    numbered = [(int(match[1]), match[2]) for match in matches if match]
    if len(numbered) == len(lines) and [number for number, _ in numbered] == list(range(len(lines))):
        return tuple(label for _, label in numbered)
    return tuple(lines)


def match_labels(labels: tuple[str, ...], outputs: int, path: object) -> tuple[str, ...]:
    """Labels for each of a network's outputs, with the background class added or dropped where one side lacks it.

    Raises ModelError when the counts cannot be brought together.
    """
    if len(labels) == outputs or (outputs == 1 and len(labels) == 2):
        return labels
    if len(labels) == outputs + 1 and labels[0].lower() in _BACKGROUND_NAMES:
        return labels[1:]
    if len(labels) + 1 == outputs == _IMAGENET_OUTPUTS:
        return (BACKGROUND, *labels)
    raise ModelError(f"{path}: has {len(labels)} labels, the network gives {outputs} scores; give as many labels")
