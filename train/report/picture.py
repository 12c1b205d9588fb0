"""Pictures inside the page."""

from __future__ import annotations

import base64
import io

from PIL import Image


def embed_picture(image: Image.Image) -> str:
    """A picture as a data: URI of a PNG."""
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"
