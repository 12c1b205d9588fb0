"""How hot the machine is."""

from __future__ import annotations

from pathlib import Path

_ZONES = Path("/sys/class/thermal")


def read_temperatures(zones: Path = _ZONES) -> tuple[tuple[str, float], ...]:
    """Name and degrees Celsius of each of the kernel's thermal zones; empty where it tells of none."""
    found = []
    for zone in sorted(zones.glob("thermal_zone*")):
        try:
            found.append(((zone / "type").read_text().strip(), int((zone / "temp").read_text()) / 1000))
        except (OSError, ValueError):  # a sensor that is switched off answers with an error
            continue
    return tuple(found)
