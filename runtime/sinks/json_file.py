"""JSON lines in a file that cannot fill the disk."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
from pathlib import Path
from typing import Any

from runtime.errors import OutputError
from runtime.events import SourceEvent
from runtime.result import Result
from runtime.sinks.background import Background
from runtime.sinks.health import Tell, tell_on_stderr
from runtime.sinks.json_form import event_fields, result_fields

MAX_BYTES = 10_000_000
KEPT_FILES = 5


def open_json_file(path: Path) -> Background:
    """Raises OutputError as JsonFile."""
    return Background(JsonFile(path), f"--out {path}")


class JsonFile:
    """Appends the lines that JsonLines writes, each in one piece: a reader never sees a part of one.

    A file that would grow past `max_bytes` becomes `NAME.1`, what was `NAME.1` becomes `NAME.2`, and so on;
    `kept` of them are kept. Where it cannot be renamed it is emptied, and that told once. On a full disk the line
    that did not fit is taken back. After any error the file is opened anew for the next line: there may be room
    again, or the disk plugged in again. So it is where it was deleted or moved away, and one that was emptied counts
    as empty.

    Raises OutputError when the file cannot be opened.
    """

    def __init__(
        self, path: Path, max_bytes: int = MAX_BYTES, kept: int = KEPT_FILES, tell: Tell = tell_on_stderr
    ) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._kept = kept
        self._tell = tell
        self._is_emptying_told = False
        self._file: io.FileIO | None = None
        self._size = 0
        if path.exists() and not path.is_file():
            raise OutputError(f"--out {path}: is no file; a pipe or a program reads the standard output (--json)")
        try:
            self._open()
        except OSError as error:
            raise OutputError(f"--out {path}: {error.strerror}; name a file in a folder that can be written") from None

    def write(self, result: Result) -> None:
        self._append(result_fields(result))

    def write_event(self, event: SourceEvent) -> None:
        self._append(event_fields(event))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, fields: dict[str, Any]) -> None:
        # ASCII, so that even a file's name that is not UTF-8 can be written.
        line = json.dumps(fields).encode() + b"\n"
        try:
            file = self._current() or self._open()
            if self._size and self._size + len(line) > self._max_bytes:
                self._rotate()
                file = self._open()
            self._write_line(file, line)
        except OSError:
            self.close()
            raise

    def _current(self) -> io.FileIO | None:
        """The open file; None where there is none, or it no longer has its name."""
        if self._file is None:
            return None
        with contextlib.suppress(FileNotFoundError):
            named, held = self._path.stat(), os.fstat(self._file.fileno())
            if os.path.samestat(named, held):
                self._size = held.st_size
                return self._file
        self.close()
        return None

    def _write_line(self, file: io.FileIO, line: bytes) -> None:
        try:
            if file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            file.truncate(self._size)
            raise
        self._size += len(line)

    def _rotate(self) -> None:
        self.close()
        self._size = 0
        try:
            for number in range(self._kept - 1, 0, -1):
                if self._numbered(number).exists():
                    self._numbered(number).replace(self._numbered(number + 1))
            self._path.replace(self._numbered(1))
        except OSError as error:
            if error.errno == errno.ENOSPC:  # there may be room again, and what is in the file is kept until then
                raise
            self._empty(error)

    def _empty(self, error: OSError) -> None:
        """As in a folder where others own the right to make files; the newest lines are worth more than the oldest."""
        os.truncate(self._path, 0)
        if not self._is_emptying_told:
            self._is_emptying_told = True
            self._tell(
                f"--out {self._path}: is emptied whenever it has {self._max_bytes / 1e6:g} MB, as it cannot be renamed "
                f"({error.strerror}); to keep older lines, name a file in a folder that can be written"
            )

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _open(self) -> io.FileIO:
        # Unbuffered: a line is on its way to the disk when write returns.
        file = self._file = io.FileIO(self._path, "a+")
        self._size = file.seek(0, os.SEEK_END)
        if self._size:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # the power went off within a line
                self._size += file.write(b"\n") or 0
        return file
