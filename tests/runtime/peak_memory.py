"""Reads the card of the model that is named; prints the error that came of it, and the most bytes it took to do so."""

from __future__ import annotations

import json
import sys

from runtime.card_file import read_card
from runtime.errors import ModelError
from runtime.measure import peak_memory_bytes

before = peak_memory_bytes() or 0
error = ""
try:
    read_card(sys.argv[1])
except ModelError as refusal:
    error = str(refusal)
print(json.dumps([error, (peak_memory_bytes() or 0) - before]))
