"""Starting a worker for one task, and listening to it until it has answered or died."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from benchmarks.errors import BenchmarkError
from benchmarks.measurement import Accuracy
from benchmarks.progress import Progress
from benchmarks.results_file import read_round
from benchmarks.tasks import AccuracyTask, LatencyAnswer, LatencyTask, Task

CHECKOUT = Path(__file__).resolve().parent.parent


def run_latency(task: LatencyTask) -> LatencyAnswer:
    """Measure in a process of its own. Raises BenchmarkError where that failed, whatever became of the process."""
    fields = _run_worker(task, lambda done, total: None)
    return LatencyAnswer(fields["backend"], read_round(fields["round"]))


def run_accuracy(task: AccuracyTask, progress: Progress) -> Accuracy:
    """Likewise; `progress` is told how many pictures of how many are done."""
    return Accuracy(**_run_worker(task, progress))


def checkout_environment() -> dict[str, str]:
    """This process's environment, with the checkout importable from any folder."""
    paths = [str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _run_worker(task: Task, progress: Progress) -> dict[str, Any]:
    kind = "latency" if isinstance(task, LatencyTask) else "accuracy"
    command = [sys.executable, "-m", "benchmarks.worker", kind, json.dumps(dataclasses.asdict(task))]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=checkout_environment()
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
            raise BenchmarkError(
                f"{task.model}: its process {_describe_death(status, log)}; try it alone: runtime bench {task.model}"
            )
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
