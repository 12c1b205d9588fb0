"""Telling how far a training is: bars on a terminal, a line an epoch elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TextIO

from tqdm import tqdm

from runtime.dataset import DataSet
from runtime.errors import PictureError
from runtime.image import Picture
from runtime.printable import printable
from train.history import EpochMetrics


class Progress:
    """Bars and warnings go to `err`, lines to `out`. skipped: why each picture that cannot be read was left out.

    interrupts: the signals that came so far. Where JAX calls back into Python it loses the KeyboardInterrupt that one
    raises; it is raised again after the epoch.
    """

    def __init__(self, out: TextIO, err: TextIO, interrupts: Sequence[int] = ()) -> None:
        self._out = out
        self._err = err
        self._interrupts = interrupts
        self.skipped: list[str] = []

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

    def end_epoch(self, epoch: EpochMetrics, last: int) -> None:
        """A line, which a terminal shows above the bar. last: the number of the last epoch that is planned."""
        line = (
            f"epoch {epoch.number}/{last}: loss {epoch.loss:.3f}, {epoch.accuracy:.1%} right, "
            f"{epoch.validation_accuracy:.1%} of the validation pictures, {epoch.seconds:.1f} s"
        )
        try:
            tqdm.write(line, file=self._out)
            self._out.flush()
        except OSError:  # nobody takes the lines any more (`| head`): the model is what was asked for
            self._out = open(os.devnull, "w")  # noqa: SIM115 (of the process)
        if self._interrupts:
            raise KeyboardInterrupt

    def tell(self, line: str) -> None:
        """Something that the user should know, beside the results."""
        tqdm.write(f"train: {line}", file=self._err)

    def _name_skipped(self, error: PictureError) -> None:
        reason = printable(str(error))  # it names the file, and may be what no terminal, page or JSON takes
        self.skipped.append(reason)
        self.tell(f"{reason}; skipped")
