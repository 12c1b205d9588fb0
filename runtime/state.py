"""What this program remembers on this machine from one run to the next: small files, each whole or not there at all.

They lie in `$XDG_STATE_HOME/edgeframe` (`~/.local/state/edgeframe`). Nothing depends on them but time: where there is
no home, or it cannot be written, nothing is remembered.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

_BLOCK_BYTES = 1 << 20


def recall(kind: str, name: str) -> dict[str, Any] | None:
    """What `remember` was given under this kind and name, or None."""
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        fields = json.loads(_file(kind, name).read_text("utf-8"))
        return fields if isinstance(fields, dict) else None
    return None


def remember(kind: str, name: str, fields: dict[str, Any]) -> bool:
    """Keep fields (as JSON) for later runs; several processes may. Whether they could be kept."""
    from runtime.card_file import write_whole

    with contextlib.suppress(OSError, RuntimeError):
        path = _file(kind, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda new: _write_json(new, fields))
        return True
    return False


def file_sha256(path: Path) -> str:
    """Of its content, as 64 hexadecimal digits."""
    import hashlib  # OpenSSL comes with it, which the model in the wheel starts without

    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _write_json(path: Path, fields: dict[str, Any]) -> None:
    path.write_text(json.dumps(fields), "utf-8")


def _file(kind: str, name: str) -> Path:
    """Raises RuntimeError where this user has no home."""
    # XDG Base Directory Specification 0.8: a path that is not absolute is to be ignored.
    stated = os.environ.get("XDG_STATE_HOME", "")
    home = Path(stated) if Path(stated).is_absolute() else Path.home() / ".local" / "state"
    return home / "edgeframe" / kind / f"{name}.json"
