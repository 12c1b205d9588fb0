"""The version of edgeframe."""

__version__ = "0.1.0"
