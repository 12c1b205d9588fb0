"""Where results go: one file an output here."""

from runtime.sinks.json_lines import JsonLines
from runtime.sinks.sink import Sink
from runtime.sinks.terminal import Terminal

__all__ = ["JsonLines", "Sink", "Terminal"]
