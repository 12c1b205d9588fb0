"""Results and events as JSON: the same fields in a pipe, a file and a message."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from runtime.events import SourceEvent
from runtime.result import Result

# Seconds: less is this thread's waiting between the two clocks.
_CLOCK_WAS_SET = 0.1


def result_fields(result: Result) -> dict[str, Any]:
    """`source, index, captured_at (unix seconds), predictions, age_ms, prepare_ms, invoke_ms, total_ms`."""
    frame, timings = result.frame, result.timings
    return {
        "source": frame.source,
        "index": frame.index,
        "captured_at": unix_time(frame.captured_at),
        "predictions": [
            {"label": prediction.label, "index": prediction.index, "score": round(prediction.score, 6)}
            for prediction in result.predictions
        ],
        "age_ms": _milliseconds(timings.age),
        "prepare_ms": _milliseconds(timings.prepare),
        "invoke_ms": _milliseconds(timings.invoke),
        "total_ms": _milliseconds(timings.total),
    }


def event_fields(event: SourceEvent) -> dict[str, Any]:
    """`event (its state), source, at (unix seconds), reason, reopenings, dropped`."""
    return {
        "event": event.state,
        "source": event.source,
        "at": unix_time(event.at),
        "reason": event.reason,
        "reopenings": event.reopenings,
        "dropped": event.dropped,
    }


class WallClock:
    """Turns moments of a monotonic clock into seconds since 1970, the same moment always into the same number.

    But when the wall clock is set, it follows: a Raspberry Pi has no battery and learns the time after boot.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._monotonic, self._wall = monotonic, wall
        self._offset = wall() - monotonic()

    def unix_time(self, moment: float) -> float:
        offset = self._wall() - self._monotonic()
        if abs(offset - self._offset) > _CLOCK_WAS_SET:
            self._offset = offset
        return round(moment + self._offset, 6)


_CLOCK = WallClock()


def unix_time(moment: float) -> float:
    """A moment of time.monotonic() as seconds since 1970."""
    return _CLOCK.unix_time(moment)


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1e3, 3)
