"""Pictures of a data set as one archive, the same bytes each time, so that its hash says whether it is there."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

from runtime.dataset import DataSet


def pack_pictures(data: DataSet, file: Path) -> Path:
    """A tar of `NUMBER.png`, of those that can be read here; PNG loses nothing of what the data's reader gives."""
    with tarfile.open(file, "w") as archive:
        for number, picture in data.pictures(on_error=lambda error: None):
            image = picture if isinstance(picture, Image.Image) else Image.fromarray(np.asarray(picture))
            content = io.BytesIO()
            image.convert("RGB").save(content, "PNG", compress_level=1)
            entry = tarfile.TarInfo(f"{number:06d}.png")
            entry.size = content.tell()
            content.seek(0)
            archive.addfile(entry, content)
    return file
