"""Markdown tables that are aligned as plain text too."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width


def format_rows(rows: Sequence[Sequence[str]], notes: Sequence[tuple[str, str]] = ()) -> str:
    """A table of rows, the first one the titles. A note is the first cell of a row and a text for all the others."""
    widths = [max(1, *map(_width, column)) for column in zip(*rows)]  # Markdown wants three dashes.
    lines = ["| " + " | ".join(_fill(cell, width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    lines += [f"| {_fill(mark, widths[0])} | {_in_one_cell(text)} |" for mark, text in notes]
    return "\n".join(lines)


def _fill(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(text: str) -> int:
    """In a terminal's columns, of which a Chinese, Japanese or Korean letter takes two."""
    return sum(1 + (east_asian_width(letter) in "WF") for letter in text)


def _in_one_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
