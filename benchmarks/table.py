"""Markdown tables that are aligned as plain text too."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.printable import columns_of, fill_columns


def format_rows(rows: Sequence[Sequence[str]], notes: Sequence[tuple[str, str]] = ()) -> str:
    """A table of rows, the first one the titles. A note is the first cell of a row and a text for all the others."""
    widths = [max(1, *map(columns_of, column)) for column in zip(*rows)]  # Markdown wants three dashes.
    lines = ["| " + " | ".join(fill_columns(cell, width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    lines += [f"| {fill_columns(mark, widths[0])} | {_in_one_cell(text)} |" for mark, text in notes]
    return "\n".join(lines)


def _in_one_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
