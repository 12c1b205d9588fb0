"""One JSON object a line: for pipes and programs."""

from __future__ import annotations

import json
import time
from typing import TextIO

from runtime.result import Result


class JsonLines:
    """Writes `source, index, captured_at (unix seconds), predictions, age_ms, prepare_ms, invoke_ms, total_ms`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._monotonic_to_unix = time.time() - time.monotonic()

    def write(self, result: Result) -> None:
        frame, timings = result.frame, result.timings
        fields = {
            "source": frame.source,
            "index": frame.index,
            "captured_at": round(frame.captured_at + self._monotonic_to_unix, 6),
            "predictions": [
                {"label": prediction.label, "index": prediction.index, "score": round(prediction.score, 6)}
                for prediction in result.predictions
            ],
            "age_ms": _milliseconds(timings.age),
            "prepare_ms": _milliseconds(timings.prepare),
            "invoke_ms": _milliseconds(timings.invoke),
            "total_ms": _milliseconds(timings.total),
        }
        self._stream.write(json.dumps(fields, ensure_ascii=False) + "\n")
        self._stream.flush()

    def close(self) -> None:
        self._stream.flush()


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1e3, 3)
