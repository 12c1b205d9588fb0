"""Reported frames as JPEG files in a folder that cannot fill the disk."""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from runtime.errors import OutputError, UsageError
from runtime.events import SourceEvent
from runtime.quantities import parse_bytes
from runtime.result import Result
from runtime.sinks.background import Background, with_own_picture
from runtime.sinks.json_form import unix_time

_QUALITY = 90
_PICTURES_WAITING = 64  # 10 MB of 224 x 224 pixels
_MOST_LABEL_CHARACTERS = 40
# 20260131T120305.123Z_000042_Egyptian-cat_0.87.jpg: only files named so are ever deleted.
_NAMED_HERE = re.compile(r"\d{8}T\d{6}\.\d{3}Z_\d{6,}_[\w-]*_\d\.\d\d\.jpg(\.part)?")


@dataclass(frozen=True)
class SaveLimit:
    """How many frames are kept, and in how many bytes; None: as many as there are. One of them is given."""

    count: int | None = 1000
    size: int | None = 500_000_000

    def __post_init__(self) -> None:
        if self.count is None and self.size is None:
            raise UsageError("--save-limit: expected a number of frames, a size, or both: 1000, 500MB or 1000,500MB")
        for limit in (self.count, self.size):
            if limit is not None and limit < 1:
                raise UsageError(f"--save-limit {limit}: expected 1 or more")

    @classmethod
    def parse(cls, text: str) -> SaveLimit:
        """`1000` (frames), `500MB`, or both with a comma between."""
        count = size = None
        for part in text.split(","):
            if part.strip().isdecimal() and count is None:
                count = int(part)
            elif size is None and not part.strip().isdecimal():
                size = _read_size(part)
            else:
                raise UsageError(f"--save-limit {text}: expected one number of frames and one size: 1000,500MB")
        return cls(count, size)


@dataclass(frozen=True)
class FrameFolder:
    """Where frames are saved, and how many."""

    path: Path
    limit: SaveLimit = SaveLimit()


def open_frame_files(folder: FrameFolder) -> Background:
    """Raises OutputError as FrameFiles."""
    return Background(
        FrameFiles(folder),
        f"--save-frames {folder.path}",
        bound=_PICTURES_WAITING,
        keep=with_own_picture,
        takes_events=False,
    )


class FrameFiles:
    """Writes each result's picture, as the network saw it, with time, label and score in the file's name.

    A file appears whole or not at all. When the limit is reached the oldest go, those of earlier runs too; other
    files in the folder are left alone. Raises OutputError when the folder cannot be made.
    """

    def __init__(self, folder: FrameFolder) -> None:
        self._folder = folder.path
        self._limit = folder.limit
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._saved = deque(_find_saved(self._folder))
        except OSError as error:
            raise OutputError(
                f"--save-frames {folder.path}: {error.strerror}; name a folder that can be written"
            ) from None
        self._size = sum(size for _, size in self._saved)
        self._make_room(0)

    def write(self, result: Result) -> None:
        encoded = encode_jpeg(result)
        self._make_room(len(encoded))
        path = self._folder / file_name(result)
        part = path.with_name(path.name + ".part")
        try:
            part.write_bytes(encoded)
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        self._saved.append((path, len(encoded)))
        self._size += len(encoded)

    def write_event(self, event: SourceEvent) -> None:
        return

    def close(self) -> None:
        return

    def _make_room(self, size: int) -> None:
        """Delete the oldest until one more file of this size may be written (0: until the limit is kept)."""
        count, more = self._limit.count, int(size > 0)
        while self._saved and (
            (count is not None and len(self._saved) + more > count)
            or (self._limit.size is not None and self._size + size > self._limit.size)
        ):
            path, freed = self._saved.popleft()
            path.unlink(missing_ok=True)
            self._size -= freed


def file_name(result: Result) -> str:
    """Safe for any label: letters, digits and `_` of it are kept, of any alphabet; `-` stands for the rest."""
    taken = datetime.fromtimestamp(unix_time(result.frame.captured_at), timezone.utc)
    stamp = f"{taken:%Y%m%dT%H%M%S}.{taken.microsecond // 1000:03d}Z"
    label = re.sub(r"\W+", "-", result.label)[:_MOST_LABEL_CHARACTERS]
    return f"{stamp}_{result.frame.index:06d}_{label}_{result.score:.2f}.jpg"


def encode_jpeg(result: Result) -> bytes:
    from PIL import Image

    image = result.frame.image
    encoded = io.BytesIO()
    Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).save(encoded, "JPEG", quality=_QUALITY)
    return encoded.getvalue()


def _find_saved(folder: Path) -> Iterator[tuple[Path, int]]:
    """Files of earlier runs with their sizes, oldest first; what an earlier run left half-written is deleted."""
    for path in sorted(path for path in folder.iterdir() if _NAMED_HERE.fullmatch(path.name)):
        if path.suffix == ".part":
            path.unlink()
        else:
            yield path, path.stat().st_size


def _read_size(text: str) -> int:
    try:
        return parse_bytes(text)
    except ValueError as error:
        raise UsageError(f"--save-limit {error}") from None
