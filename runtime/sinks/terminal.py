"""What a person sees: a line for each picture, and for a camera or video one line that changes."""

from __future__ import annotations

import shutil
import time
from typing import TextIO

from runtime.result import Result

_REFRESH_SECONDS = 0.1
_BAR = "█"
_BAR_CELLS = 10


class Terminal:
    """Writes results for the eye. `is_live`: one line is rewritten, at most ten times a second."""

    def __init__(self, stream: TextIO, is_live: bool) -> None:
        self._stream = stream
        self._is_live = is_live
        self._last_write = 0.0
        self._last_frame = 0.0
        self._frames_per_second = 0.0
        self._pending = ""

    def write(self, result: Result) -> None:
        if not self._is_live:
            self._stream.write(f"{_printable(result.frame.source)}: {describe(result)}\n")
            self._stream.flush()
            return
        now = time.monotonic()
        self._count_frame(now)
        self._pending = self._live_line(result)
        if now - self._last_write >= _REFRESH_SECONDS:
            self._show(now)

    def close(self) -> None:
        if self._is_live and (self._pending or self._last_write):
            if self._pending:
                self._show(time.monotonic())
            self._stream.write("\n")
            self._stream.flush()

    def _count_frame(self, now: float) -> None:
        if self._last_frame:
            current = 1 / max(1e-6, now - self._last_frame)
            self._frames_per_second = 0.9 * (self._frames_per_second or current) + 0.1 * current
        self._last_frame = now

    def _live_line(self, result: Result) -> str:
        best = f"{_bar(result.score)} {describe(result)}"
        return f"{_printable(result.frame.source)} {best}  {self._frames_per_second:.0f} fps"

    def _show(self, now: float) -> None:
        width = shutil.get_terminal_size().columns - 1
        # Carriage return, the line, and "erase to the end of the line" for what was longer before.
        self._stream.write(f"\r{self._pending[:width]}\x1b[K")
        self._stream.flush()
        self._pending, self._last_write = "", now


def describe(result: Result) -> str:
    """The predictions and the time of a result in words: `Egyptian cat 62 %, tabby 20 % (5.1 ms)`."""
    named = (f"{prediction.label} {prediction.score:.0%}".replace("%", " %") for prediction in result.predictions)
    return f"{', '.join(named) or 'nothing above the threshold'} ({result.timings.total * 1e3:.1f} ms)"


def _bar(score: float) -> str:
    return f"{_BAR * round(score * _BAR_CELLS):{_BAR_CELLS}}"


def _printable(text: str) -> str:
    """Without control characters, which a file's name may hold and a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in text)
