"""The process in which one thing is measured once: `python -m benchmarks.worker KIND JSON`, started by worker_process.

KIND is a key of KINDS, JSON the fields of its task. It answers on standard output, one object a line:
any number of `progress` ({done, total}), of `works` and of `waits`, then `answer` or `error` (a message for the user).
After `waits` it does nothing until it gets a line on standard input: its turn to time. `works` says between the queries
of a slow network that it is one, and does not hang. What is imported before the model is loaded counts in its time to
first result and its memory, so imports stay inside.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from benchmarks.jsonable import read_value, to_json
from benchmarks.tasks import PICTURE_HEIGHT, PICTURE_WIDTH, AccuracyTask, LatencyTask, PeaksTask
from runtime.errors import EdgeframeError, ModelError

if TYPE_CHECKING:
    import numpy as np

    from benchmarks.answers import Answer, Answers
    from benchmarks.measurement import Round
    from benchmarks.peaks import Peaks
    from runtime.classifier import Classifier

_PROGRESS_SECONDS = 0.2
# Much longer than a turn: only what takes seconds a query says that it works, and a message is nothing to that.
_WORKS_SECONDS = 10.0
_LOOK_SECONDS, _MOST_IDLE_SECONDS = 0.001, 1.0

Send = Callable[[str, Any], None]
# Seconds of one query: prepare and invoke (None where it has several pictures), total.
Times = tuple[float | None, float | None, float]


def measure_latency(task: LatencyTask, send: Send) -> Round:
    import numpy as np

    from benchmarks.planted import wait_busily
    from benchmarks.scenarios import SCENARIOS
    from runtime.frame import Frame

    picture = np.resize(np.arange(256, dtype=np.uint8), (PICTURE_HEIGHT, PICTURE_WIDTH, 3))
    subject = task.subject
    loading = time.monotonic()
    classifier = load(task)
    load_seconds = time.monotonic() - loading
    first = classifier.classify_frame(Frame(picture)).timings.total
    to_first = time.monotonic() - task.started_at
    scenario = SCENARIOS[subject.scenario]
    if scenario.is_single:

        def run() -> Times:
            timings = classifier.classify_frame(Frame(picture)).timings
            wait_busily(timings.invoke * task.silent_share)
            return timings.prepare, timings.invoke, timings.total

        return _time(task, run, (load_seconds, first, to_first), send)
    from benchmarks.scenarios import Pool
    from runtime.backends.table import available_cores

    workers = max(1, available_cores() // subject.threads)
    pictures = [picture] * scenario.pictures_a_query(workers)
    with Pool([classifier, *(load(task) for _ in range(workers - 1))]) as pool:
        return _time(task, lambda: _time_query(pool.classify, pictures), (load_seconds, first, to_first), send)


def _time_query(classify: Callable[[list[np.ndarray]], None], pictures: list[np.ndarray]) -> Times:
    started = time.monotonic()
    classify(pictures)
    return None, None, time.monotonic() - started


def _time(task: LatencyTask, run: Callable[[], Times], firsts: tuple[float, float, float], send: Send) -> Round:
    from benchmarks.conditions import Conditions, join_conditions, observe_conditions
    from benchmarks.measurement import Round
    from benchmarks.sensors import read_gpu_memory_bytes, read_resident_bytes
    from benchmarks.timing import time_in_turns, warm_up
    from runtime.measure import peak_memory_bytes

    conditions: list[Conditions] = []
    told_at = time.monotonic()

    def run_and_tell() -> Times:
        nonlocal told_at
        times = run()
        if time.monotonic() - told_at > _WORKS_SECONDS:
            told_at = time.monotonic()
            send("works", True)
        return times

    @contextmanager
    def turn() -> Iterator[None]:
        nonlocal told_at
        wait_until_idle()
        send("waits", True)
        if not sys.stdin.readline():
            raise BrokenPipeError("whoever gives the turns has gone")
        told_at = time.monotonic()
        with observe_conditions() as observed:
            yield
        conditions.extend(observed)

    warmed = warm_up(lambda: run_and_tell()[2], time.monotonic)
    turns = time_in_turns(run_and_tell, task.runs, task.seconds, time.monotonic, turn)
    prepare, invoke, total = zip(*(times for times_of_turn in turns for times in times_of_turn))
    return Round(
        number=task.number,
        prepare_seconds=() if prepare[0] is None else prepare,
        invoke_seconds=() if invoke[0] is None else invoke,
        total_seconds=total,
        load_seconds=firsts[0],
        first_seconds=firsts[1],
        time_to_first_result_seconds=firsts[2],
        steady_memory_bytes=read_resident_bytes(),
        peak_memory_bytes=peak_memory_bytes(),
        is_steady=warmed.is_steady,
        conditions=replace(join_conditions(conditions), gpu_memory_bytes=read_gpu_memory_bytes()),
        turn_runs=tuple(map(len, turns)),
    )


def wait_until_idle(most_seconds: float = _MOST_IDLE_SECONDS) -> None:
    """Wait until all other threads of this process sleep, where the machine tells, or `most_seconds` are over.

    Those of a backend go round in a circle for some ten milliseconds after a run, in case there is another one; the
    process that has its turn next would be slowed down by them.
    """
    from benchmarks.sensors import count_running_threads

    until = time.monotonic() + most_seconds
    while (count_running_threads() or 1) > 1 and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)


def measure_answers(task: AccuracyTask, send: Send) -> Answers:
    from benchmarks.answers import Answers, AnswersOf
    from benchmarks.data import open_pictures
    from runtime.image import fit_image

    classifier = _load(task.subject.model, task.subject.threads, task.subject.backend)
    data = open_pictures(task.data)
    targets = data.targets_in(classifier.card.labels)
    unreadable: list[EdgeframeError] = []
    rows = []
    told_at = 0.0
    for number, picture in data.pictures(on_error=unreadable.append):
        scores = classifier.score(fit_image(picture, classifier.card.input, classifier.card.fit))
        rows.append(_answer(number, int(targets[number]), scores))
        if time.monotonic() - told_at > _PROGRESS_SECONDS:
            told_at = time.monotonic()
            send("progress", {"done": number + 1, "total": len(data)})
    if not rows:
        raise ModelError(f"{task.data.data}: none of its {len(data)} pictures can be read ({unreadable[0]})")
    subject, wanted = task.subject, task.data
    what = AnswersOf(subject.model, subject.backend, subject.host, wanted.data, wanted.split)
    return Answers.collect(what, rows, len(unreadable))


def _answer(number: int, target: int, scores: np.ndarray) -> Answer:
    """Of equal scores the first one is best."""
    from benchmarks.answers import Answer

    best = int(scores.argmax())
    rank = int((scores > scores[target]).sum() + (scores[:target] == scores[target]).sum())
    return Answer(number, target, best, rank, float(scores[best]))


def load(task: LatencyTask) -> Classifier:
    """The task's classifier, with the planted wait where there is one."""
    classifier = _load(task.subject.model, task.subject.threads, task.subject.backend)
    if task.planted_share:
        from benchmarks.planted import WaitingBackend

        classifier.backend = WaitingBackend(classifier.backend, task.planted_share)
    return classifier


def _load(model: str, threads: int, backend: str) -> Classifier:
    from runtime.classifier import Classifier

    return Classifier.load(model, threads=threads, backend=backend)


def measure_peaks(task: PeaksTask, send: Send) -> Peaks:
    from benchmarks import peaks

    return peaks.measure_peaks("", task.threads)


KINDS: dict[str, tuple[type, Callable[[Any, Send], Any]]] = {
    "latency": (LatencyTask, measure_latency),
    "accuracy": (AccuracyTask, measure_answers),
    "peaks": (PeaksTask, measure_peaks),
}


def main(kind: str, text: str) -> int:
    send = _open_answers()
    task_type, measure = KINDS[kind]
    try:
        send("answer", measure(read_value(task_type, json.loads(text)), send))
    except EdgeframeError as error:
        send("error", str(error))
    except (KeyboardInterrupt, BrokenPipeError):
        return 130
    except Exception as error:  # A backend may raise anything: it becomes this model's row.
        send("error", f"{type(error).__name__}: {error}")
    return 0


def _open_answers() -> Send:
    """Keep standard output for answers alone: what a library prints there goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(kind: str, content: Any) -> None:
        answers.write(to_json({kind: content}) + "\n")
        answers.flush()

    return send


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
