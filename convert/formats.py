"""The formats that a network can be converted to, and the choice of one from what the user gave."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from convert.interrupts import defer_interrupts
from convert.network import Network
from convert.observer import Observer
from convert.recipes import Recipe
from runtime.errors import UsageError


class Writer(Protocol):
    """Write `network` to `path` by a recipe; the tools that made it come back, for the card.

    `calibration` is uint8, count x height x width x channels: pictures fitted to the network's input; at
    least one of their values is 0 and one 255. Raises ConversionError.
    """

    def __call__(
        self, network: Network, recipe: Recipe, calibration: np.ndarray, path: Path, observer: Observer
    ) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Format:
    """name: also the file's suffix. writer: `module:function` of a Writer, imported when it is needed."""

    name: str
    writer: str

    @property
    def suffix(self) -> str:
        return f".{self.name}"

    def load_writer(self) -> Writer:
        module, _, function = self.writer.partition(":")
        with defer_interrupts():
            writer: Writer = getattr(importlib.import_module(module), function)
        return writer


FORMATS = {
    row.name: row
    for row in (
        Format("tflite", "convert.tflite:write_tflite"),
        Format("onnx", "convert.onnx:write_onnx"),
    )
}


def choose_format(name: str | None, out: Path | None) -> Format:
    """The format named by `--to`, or else by the suffix of `--out`. Raises UsageError where they disagree or lack."""
    by_suffix = None if out is None or out.is_dir() else out.suffix.removeprefix(".")
    chosen = by_suffix if name is None else name
    if chosen not in FORMATS:
        raise UsageError(f"--to is missing; expected one of {', '.join(FORMATS)}, or an --out that ends so")
    if by_suffix not in (None, chosen):
        raise UsageError(f"--out {out} contradicts --to {chosen}; expected a name that ends in .{chosen}, or a folder")
    return FORMATS[chosen]


def check_recipe(recipe: Recipe, form: Format) -> None:
    """Raise UsageError unless the format has the recipe."""
    if form.name not in recipe.formats:
        raise UsageError(
            f"--recipe {recipe.name} is not to be had as {form.name}, only as {', '.join(recipe.formats)}; "
            "choose another recipe or format"
        )
