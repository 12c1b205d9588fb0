"""What tables name as `module:function`, so that reading one imports none of its rows' libraries."""

from __future__ import annotations

import importlib
from typing import Any


def import_late(place: str) -> Any:
    """What `module:function` names, imported now."""
    module, _, function = place.partition(":")
    return getattr(importlib.import_module(module), function)
