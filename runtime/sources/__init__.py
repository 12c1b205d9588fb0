"""Where frames come from: one file a kind here, and `open_source` which knows them."""

from runtime.sources.open import open_camera, open_source
from runtime.sources.options import RawFormat, SourceOptions
from runtime.sources.source import Source
from runtime.sources.view import Box, View

__all__ = ["Box", "RawFormat", "Source", "SourceOptions", "View", "open_camera", "open_source"]
