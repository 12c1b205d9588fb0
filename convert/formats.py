"""The formats that a network can be converted to, and the choice of one from what the user gave."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from convert.network import Network
from convert.observer import Observer
from convert.recipes import RANGES, Recipe
from runtime.interrupts import defer_interrupts
from runtime.late_import import import_late


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
    """name: also the file's suffix. writer: `module:function` of a Writer, imported when it is needed.

    ranges: the ways that it has of measuring an activation's range. has_open_batch: whether a file can take
    any number of pictures at once.
    """

    name: str
    writer: str
    ranges: tuple[str, ...]
    has_open_batch: bool

    @property
    def suffix(self) -> str:
        return f".{self.name}"

    def load_writer(self) -> Writer:
        with defer_interrupts():
            writer: Writer = import_late(self.writer)
        return writer


FORMATS = {
    row.name: row
    for row in (
        # LiteRT.js and the delegates need a static batch.
        Format("tflite", "convert.tflite:write_tflite", ranges=("minmax",), has_open_batch=False),
        Format("onnx", "convert.onnx:write_onnx", ranges=RANGES, has_open_batch=True),
    )
}
