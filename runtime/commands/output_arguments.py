"""The arguments by which `classify` names decisions and outputs, and the settings that they make."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.command_line import seconds
from runtime.decisions import DecisionSettings
from runtime.errors import UsageError
from runtime.sinks import OutputSettings

if TYPE_CHECKING:
    from runtime.sinks.command import CommandTemplate
    from runtime.sinks.frame_files import FrameFolder
    from runtime.sinks.mqtt_address import MqttAddress


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    _add_decisions(parser.add_argument_group("what is reported (by default every frame, as it is)"))
    _add_outputs(parser.add_argument_group("where it goes, besides the standard output"))
    parser.add_argument("--json", action="store_true", help="one JSON object a frame (the default in a pipe)")


def read_output_settings(args: argparse.Namespace) -> OutputSettings:
    """What the arguments ask for. Raises UsageError."""
    return OutputSettings(
        DecisionSettings(
            threshold=args.threshold,
            labels_only=_split_names(args.labels_only),
            smooth=args.smooth,
            hold=args.hold,
            on_change=args.on_change,
            every=args.every,
        ),
        is_json=args.json,
        out=None if args.out is None else Path(args.out),
        mqtt=None if args.mqtt is None else _read_mqtt(args.mqtt),
        command=None if args.exec is None else _read_command(args.exec),
        frames=_read_frame_folder(args.save_frames, args.save_limit),
        metrics=args.metrics,
    )


def _add_decisions(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--threshold", type=float, default=0.0, metavar="P", help="leave out scores below this; unknown when all are"
    )
    group.add_argument(
        "--labels-only", metavar="LABEL,...", help="only these can win (one with a comma in it: in double quotes)"
    )
    group.add_argument(
        "--smooth", type=seconds, default=0.0, metavar="TIME", help="average the scores over time: 2s, 500ms"
    )
    group.add_argument(
        "--hold", type=int, default=1, metavar="N", help="report a label when it has won N times running"
    )
    group.add_argument("--on-change", action="store_true", help="report only a label other than the last")
    group.add_argument(
        "--every", type=seconds, default=0.0, metavar="TIME", help="report at most once in this time: 0.5s, 1m"
    )


def _add_outputs(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--out", metavar="FILE", help="JSON lines; 10 MB, and the 5 files of that size before it")
    group.add_argument(
        "--mqtt",
        metavar="URL",
        help="mqtt://user:password@host/topic, ?discovery=off: not for Home Assistant; mqtts:// with "
        "?cafile=&certfile=&keyfile=",
    )
    group.add_argument(
        "--exec", metavar="COMMAND", help="run this when the label changes, without a shell: 'say {label} {score}'"
    )
    group.add_argument("--save-frames", metavar="DIR", help="the pictures reported, as JPEG; the oldest are deleted")
    group.add_argument(
        "--save-limit", metavar="N,SIZE", help="how many, how large together (default: 1000,500MB; one will do)"
    )
    group.add_argument("--metrics", type=int, metavar="PORT", help="figures for Prometheus on this port")


def _split_names(text: str | None) -> tuple[str, ...]:
    """`cat,"tabby, tabby cat"` as two names."""
    if text is None:
        return ()
    import csv

    names = tuple(filter(None, (name.strip() for row in csv.reader([text], skipinitialspace=True) for name in row)))
    if not names:
        raise UsageError("--labels-only: no label in it; for example --labels-only cat,dog")
    return names


# Each imports what it needs: classifying one photo pays for none of it.


def _read_mqtt(text: str) -> MqttAddress:
    from runtime.sinks.mqtt_address import MqttAddress

    return MqttAddress.parse(text)


def _read_command(text: str) -> CommandTemplate:
    from runtime.sinks.command import CommandTemplate

    return CommandTemplate.parse(text)


def _read_frame_folder(path: str | None, limit: str | None) -> FrameFolder | None:
    if path is None:
        if limit is not None:
            raise UsageError("--save-limit without --save-frames DIR; give both")
        return None
    from runtime.sinks.frame_files import FrameFolder, SaveLimit

    return FrameFolder(Path(path), SaveLimit() if limit is None else SaveLimit.parse(limit))
