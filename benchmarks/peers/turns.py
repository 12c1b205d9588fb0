"""Peers side by side: each in a process of its own, asked in turn for some frames at a time."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.peers.table import PEERS, Peer
from benchmarks.progress import Progress
from benchmarks.worker_process import checkout_environment

_SEED = 0


@dataclass
class PeerFigures:
    """A peer's figures so far, one tuple a round: seconds a frame by the clock, and of the processor.

    problem: why there are none. best: the index of the class that it sees on the first frame."""

    problem: str = ""
    best: int | None = None
    seconds: list[tuple[float, ...]] = field(default_factory=list)
    cpu_seconds: list[tuple[float, ...]] = field(default_factory=list)


def measure_in_turns(
    names: Sequence[str], models: dict[str, Path], photo: Path, *, rounds: int, frames: int, progress: Progress
) -> Iterator[dict[str, PeerFigures]]:
    """All figures so far: at the beginning (who takes part), and after each round, in which each peer takes `frames`
    frames, in a new random order.

    models: the file for each suffix. A peer that is not installed, or fails, has a `problem`.
    """
    generator = random.Random(_SEED)
    with ExitStack() as stack:
        measured: dict[str, PeerFigures] = {}
        workers: dict[str, subprocess.Popen[str]] = {}
        for name in names:
            measured[name], worker = _start(stack, PEERS[name], models, photo)
            if worker is not None:
                workers[name] = worker
        yield measured
        for number in range(rounds):
            order = generator.sample(list(workers), len(workers))
            answers = {name: _ask(workers[name], name, frames) for name in order}
            for name, answer in answers.items():  # of whole rounds only
                measured[name].seconds.append(tuple(answer["seconds"]))
                measured[name].cpu_seconds.append(tuple(answer["cpu_seconds"]))
            progress(number + 1, rounds)
            yield measured


def _start(
    stack: ExitStack, peer: Peer, models: dict[str, Path], photo: Path
) -> tuple[PeerFigures, subprocess.Popen[str] | None]:
    if not peer.is_installed:
        return PeerFigures(f"not installed: {peer.remedy}"), None
    if peer.model not in models:
        return PeerFigures(
            "no float ONNX of the network: --onnx FILE, made by python -m convert --recipe float32"
        ), None
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    worker = stack.enter_context(_process(peer.name, models[peer.model], photo, folder))
    first = _listen(worker, peer.name)
    if "error" in first:
        return PeerFigures(f"refuses {models[peer.model].name}: {first['error']}"), None
    return PeerFigures(best=first["best"]), worker


@contextmanager
def _process(name: str, model: Path, photo: Path, folder: str) -> Iterator[subprocess.Popen[str]]:
    """folder: for all that it leaves in a temporary folder."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.peers.worker", name, str(model), str(photo)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**checkout_environment(), "TMPDIR": folder},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def _ask(worker: subprocess.Popen[str], name: str, frames: int) -> dict[str, Any]:
    assert worker.stdin is not None
    print(frames, file=worker.stdin, flush=True)
    return _listen(worker, name)


def _listen(worker: subprocess.Popen[str], name: str) -> dict[str, Any]:
    assert worker.stdout is not None
    line = worker.stdout.readline()
    if not line:
        raise BenchmarkError(
            f"{name}: its process ended ({worker.wait()}); leave it out, or try it alone: --only {name}"
        )
    answer: dict[str, Any] = json.loads(line)
    return answer
