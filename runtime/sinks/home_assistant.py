"""How Home Assistant is told of a topic: https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from runtime.version import __version__

_PREFIX = "homeassistant"
_SENSORS = {
    "label": {"name": "Label", "icon": "mdi:eye", "value_template": "{{ value_json.label }}"},
    "score": {
        "name": "Score",
        "icon": "mdi:percent",
        "unit_of_measurement": "%",
        "value_template": "{{ (value_json.score * 100) | round(0) }}",
    },
}


def discovery_messages(topic: str, status_topic: str) -> Iterator[tuple[str, str]]:
    """Topic and text of a retained message for each of two sensors: the label, and its score in percent."""
    # Topics that differ only in letters that an id cannot have get different ids.
    letters = re.sub(r"[^a-zA-Z0-9_-]+", "_", topic)[:60]
    device = f"edgeframe_{letters}_{hashlib.sha256(topic.encode()).hexdigest()[:8]}"
    shared = {
        "state_topic": topic,
        "json_attributes_topic": topic,
        "availability_topic": status_topic,
        "device": {"identifiers": [device], "name": topic, "manufacturer": "edgeframe", "sw_version": __version__},
    }
    for name, fields in _SENSORS.items():
        text = json.dumps({"unique_id": f"{device}_{name}", **fields, **shared})
        yield f"{_PREFIX}/sensor/{device}/{name}/config", text
