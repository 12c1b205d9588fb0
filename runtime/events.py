"""What becomes of a source while it is read."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from runtime.errors import SourceError

STATES = ("opening", "live", "stalled", "lost", "frozen")


@dataclass(frozen=True)
class SourceEvent:
    """A source changed its state.

    state: opening (being opened, for the first time or again), live (frames come), stalled (no frame in time),
        lost (closed, ended or unplugged), frozen (frames come, but all of them are the same picture).
    reason: why, for a person; without credentials. at: monotonic seconds. reopenings: how often it was opened
    again so far. dropped: frames so far that came and were passed over for newer ones.
    """

    source: str
    state: str
    reason: str = ""
    at: float = field(default_factory=time.monotonic)
    reopenings: int = 0
    dropped: int = 0

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise SourceError(f"source state {self.state!r}: expected one of {', '.join(STATES)}")
