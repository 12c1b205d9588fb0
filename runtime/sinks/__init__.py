"""Where results go: one file an output here."""

from runtime.sinks.fan_out import Sinks
from runtime.sinks.json_lines import JsonLines
from runtime.sinks.open import OutputSettings, open_sinks
from runtime.sinks.sink import Sink
from runtime.sinks.terminal import Terminal

__all__ = ["JsonLines", "OutputSettings", "Sink", "Sinks", "Terminal", "open_sinks"]
