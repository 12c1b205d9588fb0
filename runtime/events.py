"""What becomes of a source while it is read, and of the model."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from runtime.errors import SourceError

STATES = ("opening", "live", "stalled", "lost", "frozen")
MODEL_SWAPPED, MODEL_REFUSED = MODEL_STATES = ("model_swapped", "model_refused")


@dataclass(frozen=True)
class SourceEvent:
    """A source changed its state, or a new model file (then `source`) is used or refused.

    state: opening (being opened, for the first time or again), live (frames come), stalled (no frame in time),
        lost (closed, ended or unplugged), frozen (frames come, but all of them are the same picture); of a model:
        model_swapped (used from now on), model_refused (the one before goes on).
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
        if self.state not in (*STATES, *MODEL_STATES):
            raise SourceError(f"state {self.state!r}: expected one of {', '.join((*STATES, *MODEL_STATES))}")
