"""Label files: the class names of a model that has no card."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runtime.card import MAX_LABEL_LENGTH
from runtime.errors import ModelError
from runtime.printable import is_printable

BACKGROUND = "background"
_BACKGROUND_NAMES = {BACKGROUND, "__background__", "???", "dummy", "none of the above"}
_IMAGENET_OUTPUTS = 1001
# https://huggingface.co/docs/transformers/main_classes/configuration
_HUGGING_FACE = "id2label"
# No network has classes by the billion, and Python takes no number of thousands of digits.
_MOST_DIGITS = 9
# Python's own parser takes 500 bytes of memory for one of text.
_LONGEST_LITERAL = 500_000
_NUMBERED = re.compile(rf"^(\d{{1,{_MOST_DIGITS}}})[:,\s]\s*(\S.*)$")


def read_labels(path: str | Path) -> tuple[str, ...]:
    """One label a line; `0 tench` or `0: tench` on every line is taken as number and label, in any order.

    Or a list or table of JSON or Python: ["tench", ...], {"0": "tench"}, {"0": ["n01440764", "tench"]}, {"tench": 0}.
    Or the config.json of a model of Hugging Face, which has such a table.
    Raises ModelError: no such file, not text, empty, or a label that no card takes.
    """
    labels = _read_any(path)
    for number, label in enumerate(labels, 1):
        if len(label) > MAX_LABEL_LENGTH or not is_printable(label):
            raise ModelError(
                f"{path}: label {number} is {label[:40]!r}, of {len(label)} characters; expected at most "
                f"{MAX_LABEL_LENGTH}, and no control characters"
            )
    return labels


def _read_any(path: str | Path) -> tuple[str, ...]:
    try:
        text = Path(path).read_text("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = "is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise ModelError(f"{path}: {reason}; expected a text file with one label a line") from None
    if not text:
        raise ModelError(f"{path}: is empty; expected one label a line")
    if text[0] in "[{":
        return read_literal(text, path)
    lines = [line.strip() for line in text.splitlines()]
    matches = [_NUMBERED.match(line) for line in lines]
    numbered = {int(match[1]): match[2] for match in matches if match}
    return _in_order(numbered) if len(numbered) == len(lines) and _is_count(numbered) else tuple(lines)


def _is_count(numbered: Mapping[int, str]) -> bool:
    """Whether the numbers are 0, 1, ... or 1, 2, ..., with none left out."""
    first = min(numbered)
    return first in (0, 1) and max(numbered) == first + len(numbered) - 1


def _in_order(numbered: Mapping[int, str]) -> tuple[str, ...]:
    return tuple(numbered[number] for number in sorted(numbered))


def read_literal(text: str, path: object) -> tuple[str, ...]:
    """The labels in a list or table. Raises ModelError where it is another one."""
    held = parse_literal(text)
    if isinstance(held, dict):
        held = held.get(_HUGGING_FACE, held)
    numbered = _number(held)
    if not numbered or not _is_count(numbered) or not all(isinstance(label, str) for label in numbered.values()):
        raise ModelError(
            f'{path}: expected one label a line, a list ["cat", "dog"] or a table {{"0": "cat", "1": "dog"}} '
            "with no number left out"
        )
    return _in_order(numbered)


def parse_literal(text: str) -> Any:
    """What is written in JSON or as Python writes it; None where it is neither, or too long for the latter."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if len(text) > _LONGEST_LITERAL:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _number(held: Any) -> dict[int, Any]:
    """Labels by their number; {} where there are none. Of [word net number, label] the label is taken."""
    if isinstance(held, list):
        held = dict(enumerate(held))
    if not isinstance(held, dict):
        return {}
    pairs = list(held.items())
    if all(type(value) is int for value in held.values()):
        pairs = [(number, label) for label, number in held.items()]
    numbers = [_read_number(number) for number, _ in pairs]
    labels = [label[-1] if isinstance(label, list) and label else label for _, label in pairs]
    return dict(zip(numbers, labels)) if len(set(numbers)) == len(numbers) else {}


def _read_number(written: Any) -> int:
    """-1 for what is none."""
    if type(written) is int:
        return written
    is_number = isinstance(written, str) and written.isdecimal() and len(written) <= _MOST_DIGITS
    return int(written) if is_number else -1


def match_labels(labels: Sequence[str], outputs: int, path: object) -> tuple[str, ...]:
    """Labels for each of a network's outputs, with the background class added or dropped where one side lacks it, and
    without empty lines where they are too many.

    Raises ModelError when the counts cannot be brought together.
    """
    labels = tuple(labels)
    if len(labels) == outputs or (outputs == 1 and len(labels) == 2):
        return labels
    if len(labels) == outputs + 1 and labels[0].lower() in _BACKGROUND_NAMES:
        return labels[1:]
    if len(labels) + 1 == outputs == _IMAGENET_OUTPUTS:
        return (BACKGROUND, *labels)
    if "" in labels:
        return match_labels(tuple(label for label in labels if label), outputs, path)
    raise ModelError(f"{path}: gives {outputs} scores, got {len(labels)} labels; give one label for each score")
