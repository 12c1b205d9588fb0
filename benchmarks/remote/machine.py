"""A machine of a run that is reached over ssh: `runtime bench` and `runtime classify` there."""

from __future__ import annotations

import json
import shlex
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.answers import Answer, Answers, AnswersOf
from benchmarks.conditions import Conditions
from benchmarks.data import Data, open_pictures
from benchmarks.errors import BenchmarkError
from benchmarks.host import Host, is_emulated
from benchmarks.measurement import Round, Subject
from benchmarks.peaks import Peaks
from benchmarks.progress import Progress
from benchmarks.remote.connection import Connection
from benchmarks.remote.pictures import pack_pictures
from benchmarks.tasks import AccuracyTask, LatencyTask
from benchmarks.timing import TURNS
from runtime.card import ModelCard
from runtime.card_file import read_card
from runtime.errors import EdgeframeError

# A line each: name, system, kind of processor, cores, kB of memory, governor, name of the processor or the board.
_DESCRIBE = (
    "uname -n; uname -s; uname -m; nproc; awk '/MemTotal/ {print $2}' /proc/meminfo; "
    "cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor 2>/dev/null || echo; "
    "tr -d '\\0' < /proc/device-tree/model 2>/dev/null && echo || "
    "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1"
)
# Where README.md and docs/device.md install it: ssh runs commands in a shell that has not activated that.
_FIND_RUNTIME = (
    'command -v runtime || for file in "$HOME/edgeframe-env/bin/runtime" /opt/edgeframe/bin/runtime; '
    'do test -x "$file" && echo "$file" && break; done; true'
)
_PROBE_RUNS, _FEWEST_RUNS = 10, 10


class RemoteMachine:
    """See benchmarks.machine.Machine. Raises BenchmarkError where the host cannot be reached, when made too."""

    def __init__(self, host: str) -> None:
        self.name = host
        self._connection = Connection(host)
        self._medians: dict[tuple[str, str, int], float] = {}
        self._folders: dict[Data, str] = {}
        self._runtime = self._find_runtime()
        self.host = self._describe()

    def default_backend(self, model: str) -> str:
        return str(self._bench(Subject(model, "", 1, host=self.name), _PROBE_RUNS)["backend"])

    def time_round(self, tasks: Sequence[LatencyTask], tell: Callable[[int], None]) -> Iterator[Round | EdgeframeError]:
        """One after the other: `runtime bench` there takes no turns."""
        for number, task in enumerate(tasks, 1):
            try:
                yield self._time(task)
            except EdgeframeError as error:
                yield error
            tell(number * TURNS)

    def _time(self, task: LatencyTask) -> Round:
        fields = self._bench(task.subject, self._fitting_runs(task))
        latency = fields["latency_s"]
        return Round(
            number=task.number,
            prepare_seconds=tuple(latency["prepare"]),
            invoke_seconds=tuple(latency["invoke"]),
            total_seconds=tuple(latency["total"]),
            load_seconds=fields["load_s"],
            first_seconds=latency["first"],
            time_to_first_result_seconds=fields["time_to_first_result_s"],
            steady_memory_bytes=None,
            peak_memory_bytes=fields["peak_memory_bytes"],
            conditions=_conditions_of(fields),
        )

    def answer(self, task: AccuracyTask, progress: Progress) -> Answers:
        """Accuracy on the device: the pictures are copied once, and classified by the real command."""
        data, subject = open_pictures(task.data), task.subject
        card = read_card(subject.model)
        assert card is not None  # it took part, so it has one
        targets = data.targets_in(card.labels)
        rows = []
        for number, predictions in self._classify(subject, self._send_pictures(task.data), card):
            rows.append(_answer(number, int(targets[number]), predictions))
            progress(len(rows), len(data))
        if not rows:
            raise BenchmarkError(
                f"{self.name}: none of the {len(data)} pictures of {task.data.data} was classified there"
            )
        what = AnswersOf(subject.model, subject.backend, subject.host, task.data.data, task.data.split)
        return Answers.collect(what, rows, unreadable=len(data) - len(rows))

    def find_peaks(self, threads: int) -> Peaks | None:
        """Not known: the runtime alone is there."""
        return None

    def _find_runtime(self) -> str:
        """The command there, as a shell takes it."""
        found = self._connection.run(_FIND_RUNTIME).strip()
        if not found:
            raise BenchmarkError(
                f"{self.name}: has no runtime on its PATH, in ~/edgeframe-env or in /opt/edgeframe; install edgeframe "
                "there as docs/device.md says, or link it: sudo ln -s FOLDER/bin/runtime /usr/local/bin/"
            )
        return shlex.quote(found)

    def _describe(self) -> Host:
        lines = self._connection.run(_DESCRIBE).splitlines()
        name, system, kind, cores, kilobytes, governor, processor = (line.strip() for line in (lines + [""] * 7)[:7])
        runtime = self._connection.run(f"{self._runtime} --version").strip()
        return Host(
            name=name,
            processor=processor or kind,
            cores=int(cores),
            memory_bytes=int(kilobytes) * 1024 if kilobytes else None,
            system=f"{system} {kind}",
            python="of the device",
            packages=(runtime,),
            governor=governor or None,
            is_emulated=is_emulated(kind, processor),
        )

    def _bench(self, subject: Subject, runs: int) -> dict[str, Any]:
        path = self._connection.send(Path(subject.model))
        backend = f" --backend {shlex.quote(subject.backend)}" if subject.backend else ""
        options = f"--threads {subject.threads} --runs {runs} --json{backend}"
        command = f"{self._runtime} bench {shlex.quote(path)} {options}"
        try:
            fields: dict[str, Any] = json.loads(self._connection.run(command))
            times = sorted(fields["latency_s"]["total"])
        except (ValueError, KeyError, TypeError) as error:
            raise BenchmarkError(
                f"{self.name}: runtime bench answered with something else ({type(error).__name__}: {error}); "
                "install the same edgeframe there"
            ) from None
        self._medians[subject.model, subject.backend, subject.threads] = times[len(times) // 2]
        return fields

    def _fitting_runs(self, task: LatencyTask) -> int:
        """As many runs as fit into the task's seconds, by what the last round there took."""
        subject = task.subject
        median = self._medians.get((subject.model, subject.backend, subject.threads))
        if task.seconds is None or median is None:
            return task.runs if task.seconds is None else _FEWEST_RUNS
        return max(_FEWEST_RUNS, min(task.runs, round(task.seconds / median)))

    def _send_pictures(self, wanted: Data) -> str:
        """The folder there that the pictures are in."""
        if wanted not in self._folders:
            with tempfile.TemporaryDirectory() as folder:
                archive = pack_pictures(open_pictures(wanted), Path(folder) / "pictures.tar")
                path = self._connection.send(archive)
            there = f"{Path(path).parent}/pictures"
            # Unpacked under another name first, for a connection that breaks.
            unpack = f"mkdir -p {there}.part && tar xf {path} -C {there}.part && mv {there}.part {there}"
            self._connection.run(f"test -d {there} || ({unpack})")
            self._folders[wanted] = there
        return self._folders[wanted]

    def _classify(self, subject: Subject, folder: str, card: ModelCard) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Number and predictions, all classes, best first, of each picture there."""
        path = shlex.quote(self._connection.send(Path(subject.model)))
        command = (
            f"{self._runtime} classify {folder} --model {path} --backend {shlex.quote(subject.backend)} "
            f"--top {len(card.labels)} --json"
        )
        for line in self._connection.run(command).splitlines():
            fields = json.loads(line)
            yield int(Path(fields["source"]).stem), fields["predictions"]


def _conditions_of(fields: dict[str, Any]) -> Conditions:
    """What `runtime bench` tells of the machine; an older edgeframe tells less."""
    return Conditions(
        temperature_celsius=fields.get("temperature_celsius"),
        is_throttled=fields.get("is_throttled"),
        other_load_cores=fields.get("other_load_cores"),
        swapped_pages=fields.get("swapped_pages"),
    )


def _answer(number: int, target: int, predictions: list[dict[str, Any]]) -> Answer:
    classes = [prediction["index"] for prediction in predictions]
    return Answer(number, target, classes[0], classes.index(target), float(predictions[0]["score"]))
