"""The card of a model that others are compared with."""

from __future__ import annotations

from pathlib import Path

from benchmarks.errors import BenchmarkError
from runtime.card import ModelCard
from runtime.card_file import read_card


def read_own_card(model: Path) -> ModelCard:
    """Raises BenchmarkError where the file has none."""
    card = read_card(model)
    if card is None:
        raise BenchmarkError(f"{model}: has no model card; give one that was made by python -m convert")
    return card
