"""Files as a whole: written in one step, and told apart by their content."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

_BLOCK_BYTES = 1 << 20


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Call `write` with a temporary path beside `path`, then give the file its final name in one step.

    Raises OSError, which names `path` also where the system names nothing, as for a disk that is full.
    """
    import tempfile

    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    os.close(descriptor)
    new = Path(name)
    try:
        write(new)
        mask = os.umask(0)
        os.umask(mask)
        new.chmod(0o666 & ~mask)
        new.replace(path)
    except OSError as error:
        # A copy names where it reads, too.
        named = {Path(str(file)).name for file in (error.filename, error.filename2) if file}
        if error.errno is None or (named and new.name not in named):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        new.unlink(missing_ok=True)


def write_whole_text(path: Path, text: str) -> None:
    """The same for a text, in UTF-8."""

    def write(new: Path) -> None:
        new.write_text(text, "utf-8")

    write_whole(path, write)


def file_sha256(path: Path) -> str:
    """Of its content, as 64 hexadecimal digits."""
    import hashlib  # OpenSSL comes with it, which the model in the wheel starts without

    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
