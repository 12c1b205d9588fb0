"""Reads the card of the model that is named; prints the error that came of it, and the most bytes it took to do so."""

from __future__ import annotations

import json
import resource
import sys

from runtime.card_file import read_card
from runtime.errors import ModelError

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
error = ""
try:
    read_card(sys.argv[1])
except ModelError as refusal:
    error = str(refusal)
print(json.dumps([error, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024]))  # Linux: in KiB
