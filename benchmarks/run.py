"""Measuring model files side by side: latency in interleaved rounds, then accuracy, one process for each."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from benchmarks.data import open_pictures
from benchmarks.errors import BenchmarkError
from benchmarks.jsonable import to_json
from benchmarks.machine import Machine
from benchmarks.measurement import Failure, Measurement, Results, Round, Subject
from benchmarks.progress import Progress, progress_bar
from benchmarks.results_file import write_results
from benchmarks.rounds import ENOUGH_ROUNDS, RoundSize, next_round
from benchmarks.scenarios import SCENARIOS
from benchmarks.subjects import ModelFile, check_backends, look_at, subjects_of
from benchmarks.tasks import PICTURE_HEIGHT, PICTURE_WIDTH, AccuracyTask, LatencyTask, Settings
from benchmarks.timing import TURNS
from runtime.dataset import DataSet
from runtime.dataset.digest import digest_data
from runtime.errors import EdgeframeError

_SEED = 0


def run_benchmark(
    models: Sequence[str],
    settings: Settings,
    file: Path,
    machines: Sequence[Machine],
    *,
    before: Results | None = None,
    unreachable: Mapping[str, EdgeframeError] | None = None,
) -> Results:
    """Measure each model file on each machine and write the results to `file` after each step.

    Every round times each model in a process of its own; these take turns, in a new random order each, so that a
    machine that drifts (temperature, other programs) slows all of them alike. A model that fails, or takes its
    process down, becomes a Failure and the rest goes on. before: the results of a run that was stopped; what it
    has is not measured again. unreachable: why there is no machine of a name; each model becomes a Failure there.

    Raises DataError, UsageError: the data or the settings are of no use to any model. Raises BenchmarkError: `before`
    was measured with other settings, on other data or another machine.
    """
    check_backends(settings.backends)
    data = open_pictures(settings.data)
    run = _Run(settings, file, machines, before or Results(), digest_data(data))
    run.admit(list(dict.fromkeys(models)), data, unreachable or {})
    run.measure_peaks()
    run.measure_latency()
    run.measure_accuracy()
    return run.results


def _refuse_changes(file: Path, before: Results, now: Results, machines: Mapping[str, Machine]) -> None:
    if before.settings and before.settings != now.settings:
        raise BenchmarkError(f"{file}: was measured with other settings; repeat them, or leave out --resume")
    if before.data_sha256 and before.data_sha256 != now.data_sha256:
        raise BenchmarkError(f"{file}: was measured on pictures that have changed since; leave out --resume")
    for measured in before.measurements:
        machine = machines.get(measured.subject.host)
        if machine is not None and not machine.host.is_same_machine(measured.host):
            raise BenchmarkError(
                f"{file}: was measured on {measured.host.name} ({measured.host}), this is {machine.host.name} "
                f"({machine.host}); go on there, or leave out --resume"
            )


def _show_turns(show: Progress, done: int, expected: int, turns: int) -> None:
    """done, expected: processes."""
    show(done * TURNS + turns, expected * TURNS)


class _Run:
    """The state of a run: the models that still take part, and what is known so far."""

    def __init__(
        self, settings: Settings, file: Path, machines: Sequence[Machine], before: Results, data_sha256: str
    ) -> None:
        self._settings, self._file = settings, file
        self._machines = {machine.name: machine for machine in machines}
        self._files: dict[str, ModelFile] = {}
        self._subjects: list[Subject] = []
        self._known = {m.subject: m for m in before.measurements}
        self._results = Results(
            answers=before.answers,
            peaks=before.peaks,
            settings=dict(json.loads(to_json(settings))),
            data_sha256=data_sha256,
        )
        _refuse_changes(file, before, self._results, self._machines)

    @property
    def results(self) -> Results:
        return replace(self._results, measurements=tuple(self._known.values()))

    def admit(self, models: list[str], data: DataSet, unreachable: Mapping[str, EdgeframeError]) -> None:
        """Let models take part, but not those that are seen to fail: no file, no card, not the data's classes."""
        for model in models:
            with self._step(model):
                self._files[model] = look_at(model, data)
                for machine in self._machines.values():
                    with self._step(model, machine.name):
                        self._subjects += subjects_of(model, self._settings, machine)
                for name, error in unreachable.items():
                    with self._step(model, name):
                        raise error
        for measured in self._known.values():
            file, subject = self._files.get(measured.subject.model), measured.subject
            is_asked = subject in self._subjects or subject.host in unreachable
            if not is_asked or file is None or file.sha256 != measured.file_sha256:
                raise BenchmarkError(
                    f"{self._file}: has {measured.subject}, which is not asked for or has changed since; "
                    "name the same models, or leave out --resume"
                )

    def measure_peaks(self) -> None:
        """Of each machine and number of threads; where that fails there is no roofline, and the rest goes on."""
        known = {(peaks.host, peaks.threads) for peaks in self._results.peaks}
        for machine in self._machines.values():
            for threads in self._settings.threads:
                if self._subjects and (machine.name, threads) not in known:
                    with suppress(EdgeframeError):
                        peaks = machine.find_peaks(threads)
                        self._results = replace(self._results, peaks=(*self._results.peaks, *filter(None, [peaks])))

    def measure_latency(self) -> None:
        generator = random.Random(_SEED)
        with progress_bar("latency", "turn") as show:
            done = 0
            while waiting := [subject for subject in self._subjects if self._next_size(subject)]:
                expected = max(len(self._subjects) * self._rounds_expected(), done + len(waiting))
                for machine in self._machines.values():
                    subjects = [subject for subject in waiting if subject.host == machine.name]
                    order = generator.sample(subjects, len(subjects))
                    self._measure_round(machine, order, partial(_show_turns, show, done, expected))
                    done += len(order)

    def _measure_round(self, machine: Machine, subjects: Sequence[Subject], tell: Callable[[int], None]) -> None:
        tasks = [self._next_task(subject) for subject in subjects]
        for subject, part in zip(subjects, machine.time_round(tasks, tell)):
            with self._step(subject.model, subject=subject):
                if isinstance(part, EdgeframeError):
                    raise part
                self._keep(subject, part)

    def measure_accuracy(self) -> None:
        with_most_threads = {(s.model, s.backend, s.host): s for s in sorted(self._subjects, key=lambda s: s.threads)}
        for subject in with_most_threads.values():
            if self._results.answers_of(subject) is None:
                with self._step(subject.model, subject=subject), progress_bar(f"accuracy: {subject}", "pic") as show:
                    task = AccuracyTask(subject, self._settings.data)
                    answers = self._machines[subject.host].answer(task, show)
                    self._results = replace(self._results, answers=(*self._results.answers, answers))

    def _rounds_expected(self) -> int:
        runs = self._settings.runs
        return ENOUGH_ROUNDS if runs is None else min(ENOUGH_ROUNDS, runs)

    def _next_size(self, subject: Subject) -> RoundSize | None:
        known = self._known.get(subject)
        return next_round(self._settings.runs, [part.total_seconds for part in known.rounds] if known else [])

    def _next_task(self, subject: Subject) -> LatencyTask:
        size, known = self._next_size(subject), self._known.get(subject)
        assert size is not None
        return LatencyTask(subject, len(known.rounds) if known else 0, size.runs, size.seconds)

    def _keep(self, subject: Subject, part: Round) -> None:
        if known := self._known.get(subject):
            self._known[subject] = replace(known, rounds=(*known.rounds, part))
            return
        file, machine = self._files[subject.model], self._machines[subject.host]
        workers = max(1, machine.host.cores // subject.threads)
        self._known[subject] = Measurement(
            subject=subject,
            file_bytes=file.bytes,
            file_sha256=file.sha256,
            card=file.card,
            host=machine.host,
            measured_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            picture_width_pixels=PICTURE_WIDTH,
            picture_height_pixels=PICTURE_HEIGHT,
            pictures_a_query=SCENARIOS[subject.scenario].pictures_a_query(workers),
            macs=file.macs,
            rounds=(part,),
        )

    @contextmanager
    def _step(self, model: str, where: str = "", subject: Subject | None = None) -> Iterator[None]:
        """A step of one model: an error ends the subject's part in the run; either way the results are written."""
        try:
            yield
        except EdgeframeError as error:
            self._subjects = [other for other in self._subjects if other != subject]
            failure = Failure(model, str(error), subject.setting if subject else where)
            self._results = replace(self._results, failures=(*self._results.failures, failure))
        write_results(self._file, self.results)
