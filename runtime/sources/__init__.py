"""Where frames come from: one file a kind here, and `open_source` which knows them."""

from runtime.sources.open import open_camera, open_source
from runtime.sources.source import Source

__all__ = ["Source", "open_camera", "open_source"]
