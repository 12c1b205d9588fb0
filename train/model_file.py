"""Writing a `.keras` with its model card."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path

import keras

from runtime.card import ModelCard, Provenance
from runtime.card_file import embed_card
from runtime.version import __version__
from runtime.whole_file import write_whole


def write_model(model: keras.Model, card: ModelCard, path: Path) -> None:
    """The file is written whole or not at all. It holds no optimizer: it is for use, a third of the size."""
    bare = keras.Model(model.input, model.output, name=model.name)

    def write(new: Path) -> None:
        bare.save(new)
        embed_card(new, card)

    write_whole(path, write)


def made_now(source: str, sha256: str = "") -> Provenance:
    """Provenance of a model that is made now, by these versions; the date is SOURCE_DATE_EPOCH's where that is set."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.fromtimestamp(int(seconds), timezone.utc) if seconds else datetime.now(timezone.utc)
    return Provenance(
        source, sha256, (f"keras {keras.__version__}", f"edgeframe {__version__}"), now.date().isoformat()
    )
