"""Telling how far a training is: bars on a terminal, a line an epoch elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from tqdm import tqdm

from runtime.dataset import DataSet
from runtime.errors import PictureError
from runtime.image import Picture


@dataclass(frozen=True)
class Epoch:
    """What one pass over the data gave: accuracies 0..1, on the pictures learnt from and on the held-out ones."""

    number: int
    of: int
    loss: float
    accuracy: float
    validation: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"epoch {self.number}/{self.of}: loss {self.loss:.3f}, {self.accuracy:.1%} right, "
            f"{self.validation:.1%} of the validation pictures, {self.seconds:.1f} s"
        )


class Progress:
    """Bars and warnings go to `err`, lines to `out`."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self._out = out
        self._err = err

    def pictures(self, data: DataSet, purpose: str) -> Iterator[tuple[int, Picture]]:
        """Number and picture of each that can be read, with a bar; the others are named on `err`."""
        with self.bar(len(data), purpose, "picture") as bar:
            for number, picture in data.pictures(self._name_skipped):
                yield number, picture
                bar.update(number + 1 - bar.n)

    def bar(self, total: int, purpose: str, unit: str) -> tqdm:
        """A bar that shows itself only on a terminal."""
        hidden = not self._err.isatty()
        return tqdm(
            total=total, desc=purpose, unit=unit, file=self._err, disable=hidden, leave=False, dynamic_ncols=True
        )

    def end_epoch(self, epoch: Epoch) -> None:
        """A line, which a terminal shows above the bar."""
        tqdm.write(str(epoch), file=self._out)
        self._out.flush()

    def _name_skipped(self, error: PictureError) -> None:
        tqdm.write(f"train: {error}; skipped", file=self._err)
