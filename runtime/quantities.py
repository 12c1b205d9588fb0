"""Amounts as people write them: `0.5s`, `500MB`."""

from __future__ import annotations

import re

_SECONDS = {"ms": 1e-3, "": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_BYTES = {"": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12}
_AMOUNT = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([a-zA-Z]*)")


def parse_seconds(text: str) -> float:
    """`0.5s`, `500ms`, `1m`, `2h`; a bare number is seconds. Raises ValueError."""
    return _parse(text, _SECONDS, "a time such as 0.5s, 500ms or 1m")


def parse_bytes(text: str) -> int:
    """`500MB`, `2GB`, `100kB`: thousands, not 1024s; a bare number is bytes. Raises ValueError."""
    return round(_parse(text, _BYTES, "a size such as 500MB or 2GB"))


def _parse(text: str, units: dict[str, float], expected: str) -> float:
    amount = _AMOUNT.fullmatch(text.strip())
    if amount is None or amount[2].lower() not in units:
        raise ValueError(f"{text}: expected {expected}")
    return float(amount[1]) * units[amount[2].lower()]
