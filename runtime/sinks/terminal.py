"""What a person sees: a line for each picture, and for a camera or video one line that changes."""

from __future__ import annotations

import time
from typing import TextIO

from runtime.events import SourceEvent
from runtime.printable import cut_columns, printable
from runtime.result import UNKNOWN, Result

_REFRESH_SECONDS = 0.1
_BAR, _PLAIN_BAR = "█", "#"
_BAR_CELLS = 10
_TROUBLES = ("stalled", "lost", "frozen")


class Terminal:
    """Writes results for the eye. `is_live`: one line is rewritten, at most ten times a second.

    Of events, troubles and their end are shown, each once, on lines of their own.
    """

    def __init__(self, stream: TextIO, is_live: bool) -> None:
        self._stream = stream
        self._is_live = is_live
        self._bar = _BAR if _can_write(_BAR, stream) else _PLAIN_BAR
        self._last_write = 0.0
        self._last_frame = 0.0
        self._frames_per_second = 0.0
        self._pending = ""
        self._trouble = ""

    def write(self, result: Result) -> None:
        if not self._is_live:
            self._stream.write(f"{printable(result.frame.source)}: {describe(result)}\n")
            self._stream.flush()
            return
        now = time.monotonic()
        self._count_frame(now)
        self._pending = self._live_line(result)
        if now - self._last_write >= _REFRESH_SECONDS:
            self._show(now)

    def write_event(self, event: SourceEvent) -> None:
        is_trouble = event.state in _TROUBLES
        if event.state == self._trouble or not (is_trouble or (event.state == "live" and self._trouble)):
            return
        self._trouble = event.state if is_trouble else ""
        self._end_live_line()
        self._stream.write(f"{describe_event(event)}\n")
        self._stream.flush()

    def close(self) -> None:
        self._end_live_line()

    def _end_live_line(self) -> None:
        if self._is_live and (self._pending or self._last_write):
            if self._pending:
                self._show(time.monotonic())
            self._last_write = 0.0
            self._stream.write("\n")
            self._stream.flush()

    def _count_frame(self, now: float) -> None:
        if self._last_frame:
            current = 1 / max(1e-6, now - self._last_frame)
            self._frames_per_second = 0.9 * (self._frames_per_second or current) + 0.1 * current
        self._last_frame = now

    def _live_line(self, result: Result) -> str:
        best = f"{self._bar_of(result.score)} {describe(result)}"
        return f"{printable(result.frame.source)} {best}  {self._frames_per_second:.0f} fps"

    def _bar_of(self, score: float) -> str:
        return f"{self._bar * round(score * _BAR_CELLS):{_BAR_CELLS}}"

    def _show(self, now: float) -> None:
        import shutil  # 5 ms that a program which reads JSON does not pay

        width = shutil.get_terminal_size().columns - 1
        # Carriage return, the line, and "erase to the end of the line" for what was longer before.
        self._stream.write(f"\r{cut_columns(self._pending, width)}\x1b[K")
        self._stream.flush()
        self._pending, self._last_write = "", now


def describe(result: Result) -> str:
    """The predictions and the time of a result in words: `Egyptian cat 62 %, tabby 20 % (5.1 ms)`."""
    named = [f"{printable(prediction.label)} {round(prediction.score * 100)} %" for prediction in result.predictions]
    return f"{', '.join(named) or UNKNOWN} ({result.timings.total * 1e3:.1f} ms)"


def describe_event(event: SourceEvent) -> str:
    """An event in words: `shed: stalled (no frame for 5 s)`."""
    reason = event.reason.removeprefix(f"{event.source}: ")  # as errors of a source begin
    return printable(f"{event.source}: {event.state}" + (f" ({reason})" if reason else ""))


def _can_write(text: str, stream: TextIO) -> bool:
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
