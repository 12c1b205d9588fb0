"""Starting a worker for one task, and listening to it until it has answered or died."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
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


def run_latency(task: LatencyTask) -> Round:
    """Measure in a process of its own. Raises BenchmarkError where that failed, whatever became of the process."""
    return read_value(Round, _run_worker("latency", task, task.subject.model))


def run_accuracy(task: AccuracyTask, progress: Progress) -> Answers:
    """Likewise; `progress` is told how many pictures of how many are done."""
    return read_value(Answers, _run_worker("accuracy", task, task.subject.model, progress))


def run_peaks(task: PeaksTask) -> Peaks:
    """Likewise, of the processor."""
    variables = dict.fromkeys(_THREAD_VARIABLES, str(task.threads))
    return read_value(Peaks, _run_worker("peaks", task, "the processor's peaks", variables=variables))


def checkout_environment() -> dict[str, str]:
    """This process's environment, with the checkout importable from any folder."""
    paths = [str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _run_worker(
    kind: str,
    task: Task,
    what: str,
    progress: Progress = lambda done, total: None,
    variables: dict[str, str] | None = None,
) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.worker", kind, to_json(task)]
    environment = {**checkout_environment(), **(variables or {})}
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment
        ) as process,
    ):
        assert process.stdout is not None
        try:
            messages = _listen(process.stdout, progress)
        except BaseException:
            process.kill()
            raise
        status = process.wait()
        if "error" in messages:
            raise BenchmarkError(messages["error"])
        if "answer" not in messages:
            raise BenchmarkError(f"{what}: its process {_describe_death(status, log)}; try it alone: runtime bench")
        answer: dict[str, Any] = messages["answer"]
        return answer


def _listen(lines: IO[bytes], progress: Progress) -> dict[str, Any]:
    """The worker's last message of each kind."""
    messages: dict[str, Any] = {}
    for line in lines:
        if not line.endswith(b"\n"):  # It died while it wrote.
            break
        message = json.loads(line)
        messages.update(message)
        if "progress" in message:
            progress(message["progress"]["done"], message["progress"]["total"])
    return messages


def _describe_death(status: int, log: IO[bytes]) -> str:
    log.seek(0)
    last_words = log.read().decode(errors="replace").strip().splitlines()[-1:]
    how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with exit status {status}"
    return f"{how} ({last_words[0][:200]})" if last_words else how
