"""Starting workers, giving them their turns, and listening to each until it has answered or died."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from benchmarks.answers import Answers
from benchmarks.errors import BenchmarkError
from benchmarks.jsonable import read_value, to_json
from benchmarks.measurement import Round
from benchmarks.peaks import Peaks
from benchmarks.progress import Progress
from benchmarks.tasks import AccuracyTask, LatencyTask, PeaksTask, Task

CHECKOUT = Path(__file__).resolve().parent.parent
# What the libraries below numpy read; they take all cores where nothing is said.
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# A worker that says nothing for so long is taken for one that never answers. It speaks between any two queries, so
# this is for loading a network, or for eight pictures of the largest on a small device.
SILENCE_SECONDS = 600.0
_CHUNK_BYTES = 1 << 16


def run_in_turns(
    tasks: Sequence[LatencyTask],
    tell: Callable[[int], None] = lambda turns: None,
    silence_seconds: float = SILENCE_SECONDS,
) -> list[Round | BenchmarkError]:
    """Measure each in a process of its own, one or more: side by side, one of them timing at a time, in turns of a new
    random order each. One that fails, whatever became of its process, gives the error, and the others go on.

    tell: is told how many turns were taken. silence_seconds: one that says nothing for so long has failed.
    """
    generator = random.Random(tasks[0].number)
    with ExitStack() as stack:
        workers, waiting = [], []
        for task in tasks:
            started = replace(task, started_at=time.monotonic())
            workers.append(stack.enter_context(_Worker("latency", started, task.subject.model, silence_seconds)))
            if workers[-1].listen():
                waiting.append(workers[-1])
        turns = 0
        while waiting:
            for worker in generator.sample(waiting, len(waiting)):
                worker.give_turn()
                if not worker.listen():
                    waiting.remove(worker)
                turns += 1
                tell(turns)
        return [_round_of(worker) for worker in workers]


def _round_of(worker: _Worker) -> Round | BenchmarkError:
    try:
        return read_value(Round, worker.answer())
    except BenchmarkError as error:
        return error


def run_accuracy(task: AccuracyTask, progress: Progress, silence_seconds: float = SILENCE_SECONDS) -> Answers:
    """Likewise one; `progress` is told how many pictures of how many are done. Raises BenchmarkError."""
    with _Worker("accuracy", task, task.subject.model, silence_seconds) as worker:
        worker.listen(progress)
        return read_value(Answers, worker.answer())


def run_peaks(task: PeaksTask, silence_seconds: float = SILENCE_SECONDS) -> Peaks:
    """Likewise, of the processor."""
    variables = dict.fromkeys(_THREAD_VARIABLES, str(task.threads))
    with _Worker("peaks", task, "the processor's peaks", silence_seconds, variables) as worker:
        worker.listen()
        return read_value(Peaks, worker.answer())


def checkout_environment() -> dict[str, str]:
    """This process's environment, with the checkout importable from any folder, and compiled once as an installed
    package is.
    """
    paths = [str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


class _Worker:
    """A process of benchmarks.worker and what it has said; a context manager that ends it. what: it is busy with."""

    def __init__(
        self, kind: str, task: Task, what: str, silence_seconds: float, variables: dict[str, str] | None = None
    ) -> None:
        self._what, self._silence_seconds = what, silence_seconds
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed by __exit__
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", kind, to_json(task)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**checkout_environment(), **(variables or {})},
        )
        self._heard = b""
        self._said: dict[str, Any] = {}

    def listen(self, progress: Progress = lambda done, total: None) -> bool:
        """Hear it until it waits for its turn, or, False, until it has ended or was ended for its silence."""
        while line := self._next_line():
            message = json.loads(line)
            self._said.update(message)
            if "waits" in message:
                return True
            if "progress" in message:
                progress(message["progress"]["done"], message["progress"]["total"])
        self._process.wait()  # Its end takes time from the processor that another one's turn would be without.
        return False

    def _next_line(self) -> bytes:
        """Empty where it ends, be it in the middle of a line."""
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        while b"\n" not in self._heard:
            if not select.select([pipe], [], [], self._silence_seconds)[0]:
                self._process.kill()
                silence = f"gave no answer within {self._silence_seconds:g} s and was ended"
                self._said["error"] = f"{self._what}: its process {silence}; try it alone: runtime bench"
                return b""
            chunk = os.read(pipe, _CHUNK_BYTES)
            if not chunk:
                return b""
            self._heard += chunk
        line, _, self._heard = self._heard.partition(b"\n")
        return line

    def give_turn(self) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # It has died, as listening will tell.
            self._process.stdin.write(b"\n")
            self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Of one that has ended. Raises BenchmarkError where it has none."""
        status = self._process.wait()
        if "error" in self._said:
            raise BenchmarkError(self._said["error"])
        if "answer" not in self._said:
            how = _describe_death(status, self._log)
            raise BenchmarkError(f"{self._what}: its process {how}; try it alone: runtime bench")
        answer: dict[str, Any] = self._said["answer"]
        return answer

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        with suppress(BrokenPipeError):
            self._process.communicate()
        self._log.close()


def _describe_death(status: int, log: IO[bytes]) -> str:
    log.seek(0)
    last_words = log.read().decode(errors="replace").strip().splitlines()[-1:]
    how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with exit status {status}"
    return f"{how} ({last_words[0][:200]})" if last_words else how
