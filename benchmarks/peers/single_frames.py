"""The claims about single frames, from what the peers measured, and the table of the peers."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Mapping

from benchmarks.peers.claim import AT_LEAST, AT_MOST, Claim
from benchmarks.peers.table import INVOKE, OURS_RGB, OURS_YUV, PEERS
from benchmarks.peers.turns import PeerFigures
from benchmarks.table import format_rows

# What takes how many times as long as which.
_BARS = (
    (OURS_YUV, INVOKE, AT_MOST, 1.20),
    (OURS_RGB, INVOKE, AT_MOST, 1.40),
    ("mediapipe", OURS_YUV, AT_LEAST, 1.2),
    ("mediapipe", OURS_RGB, AT_LEAST, None),
    ("label-image", OURS_YUV, AT_LEAST, 4.5),
    ("opencv", OURS_YUV, AT_LEAST, 3.0),
    ("opencv", OURS_RGB, AT_LEAST, None),
    ("onnxruntime", OURS_RGB, AT_LEAST, None),
    ("ultralytics", OURS_YUV, AT_LEAST, 7.0),
    ("ultralytics", OURS_RGB, AT_LEAST, None),
)


def claims_of_frames(measured: Mapping[str, PeerFigures]) -> list[Claim]:
    """By the time of the processor: all use one thread, and other programs on the machine disturb it least."""
    return [
        Claim(
            PEERS[what].title,
            PEERS[against].title,
            tuple(measured[what].cpu_seconds),
            tuple(measured[against].cpu_seconds),
            sense,
            bar,
        )
        for what, against, sense, bar in _BARS
        if all(name in measured and measured[name].cpu_seconds for name in (what, against))
    ]


def format_peers(measured: Mapping[str, PeerFigures], labels: tuple[str, ...]) -> str:
    """An aligned Markdown table; who could not take part says why, and what would help."""
    rows = [["peer", "one run", "processor ms", "clock ms", "sees"]]
    for name, figures in measured.items():
        if figures.best is None:
            rows.append([name, figures.problem, "", "", ""])
        else:
            rows.append(
                [name, PEERS[name].how, *map(_show, (figures.cpu_seconds, figures.seconds)), labels[figures.best]]
            )
    return format_rows(rows)


def _show(rounds: list[tuple[float, ...]]) -> str:
    return f"{1e3 * statistics.median(itertools.chain(*rounds)):.2f}" if rounds else ""
