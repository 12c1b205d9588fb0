"""From what the user asked for to open outputs. To add one: a file beside this one, and a row below."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from runtime.decisions import Decisions, DecisionSettings
from runtime.errors import UsageError
from runtime.late_import import import_late
from runtime.sinks.fan_out import Sinks
from runtime.sinks.json_lines import JsonLines
from runtime.sinks.live_screen import LiveScreen
from runtime.sinks.sink import Sink
from runtime.sinks.terminal import Terminal

if TYPE_CHECKING:
    from runtime.sinks.background import Background
    from runtime.sinks.command import CommandTemplate
    from runtime.sinks.frame_files import FrameFolder
    from runtime.sinks.mqtt_address import MqttAddress

# Of each setting, what opens it: a function of that value that gives a Background.
_OUTPUTS = {
    "out": "runtime.sinks.json_file:open_json_file",
    "frames": "runtime.sinks.frame_files:open_frame_files",
    "command": "runtime.sinks.command:open_command",
    "mqtt": "runtime.sinks.mqtt:open_mqtt",
}


@dataclass(frozen=True)
class OutputSettings:
    """What is reported, and where it goes besides the standard output (JSON lines there: is_json)."""

    decisions: DecisionSettings
    is_json: bool = False
    out: Path | None = None
    mqtt: MqttAddress | None = None
    command: CommandTemplate | None = None
    frames: FrameFolder | None = None
    metrics: int | None = None

    def __post_init__(self) -> None:
        if self.metrics is not None and not 0 < self.metrics < 65536:
            raise UsageError(f"--metrics {self.metrics}: expected a port, 1 to 65535")


def open_sinks(settings: OutputSettings, labels: tuple[str, ...], top: int) -> Sinks:
    """The outputs, open, for results of a model with these labels and `top` predictions each.

    Raises UsageError (a label that there is not), OutputError (a file, port or program that there is not).
    """
    decisions = Decisions(settings.decisions, labels, top)
    with ExitStack() as opened:
        watching = [opened.enter_context(closing(sink)) for sink in _open_watching(settings)]
        reported = [opened.enter_context(closing(sink)) for sink in _open_reported(settings)]
        sinks = Sinks(decisions, _screen_maker(settings), watching, reported)
        opened.pop_all()
    return sinks


def _open_watching(settings: OutputSettings) -> Iterator[Sink]:
    if settings.metrics is not None:
        from runtime.sinks.metrics import Metrics

        yield Metrics(settings.metrics)
    if "NOTIFY_SOCKET" in os.environ:
        from runtime.sinks.systemd import open_notify

        notify = open_notify(os.environ)
        if notify is not None:
            yield notify


def _open_reported(settings: OutputSettings) -> Iterator[Background]:
    for name, opener in _OUTPUTS.items():
        setting = getattr(settings, name)
        if setting is not None:
            yield import_late(opener)(setting)


def _screen_maker(settings: OutputSettings) -> Callable[[bool, bool], Sink]:
    is_json = settings.is_json or not sys.stdout.isatty()

    def make(is_video: bool, is_live: bool) -> Sink:
        def make_sink(stream: TextIO) -> Sink:
            # A line that stands for many frames is kept, not rewritten.
            is_rewritten = is_video and not settings.decisions.is_thinned
            return JsonLines(stream) if is_json else Terminal(stream, is_rewritten)

        return LiveScreen(make_sink) if is_live else make_sink(sys.stdout)

    return make
