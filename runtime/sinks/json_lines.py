"""One JSON object a line: for pipes and programs."""

from __future__ import annotations

import json
from typing import Any, TextIO

from runtime.events import SourceEvent
from runtime.result import Result
from runtime.sinks.json_form import event_fields, result_fields


class JsonLines:
    """Writes the fields of runtime.sinks.json_form; a line with `event` is of the source, the others are results."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, result: Result) -> None:
        self._write_line(result_fields(result))

    def write_event(self, event: SourceEvent) -> None:
        self._write_line(event_fields(event))

    def close(self) -> None:
        self._stream.flush()

    def _write_line(self, fields: dict[str, Any]) -> None:
        line = json.dumps(fields, ensure_ascii=False) + "\n"
        try:
            # Not left to the stream: it may let bytes through that are no UTF-8, and so no JSON, or replace characters.
            line.encode(self._stream.encoding or "utf-8")
        except UnicodeEncodeError:  # the name of a file that is not UTF-8, or a stream that is not
            line = json.dumps(fields) + "\n"
        self._stream.write(line)
        self._stream.flush()
