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

from runtime.whole_file import write_whole_text


def recall(kind: str, name: str) -> dict[str, Any] | None:
    """What `remember` was given under this kind and name, or None."""
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        fields = json.loads(_file(kind, name).read_text("utf-8"))
        return fields if isinstance(fields, dict) else None
    return None


def remember(kind: str, name: str, fields: dict[str, Any]) -> bool:
    """Keep fields (as JSON) for later runs; several processes may. Whether they could be kept."""
    with contextlib.suppress(OSError, RuntimeError):
        path = _file(kind, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole_text(path, json.dumps(fields))
        return True
    return False


def _file(kind: str, name: str) -> Path:
    """Raises RuntimeError where this user has no home."""
    # XDG Base Directory Specification 0.8: a path that is not absolute is to be ignored.
    stated = os.environ.get("XDG_STATE_HOME", "")
    home = Path(stated) if Path(stated).is_absolute() else Path.home() / ".local" / "state"
    return home / "edgeframe" / kind / f"{name}.json"
