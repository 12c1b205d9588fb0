"""Whether this room measures what it says: what its loop adds, and which differences of known size it finds.
benchmarks.checks.references has what others measure. Bars are those of the project; they are measured here, never by a
timed test.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.bootstrap import Estimate, estimate_median, estimate_paired_ratio, estimate_ratio_in_turns
from benchmarks.errors import BenchmarkError
from benchmarks.interleave import interleave
from benchmarks.measurement import Round, Subject
from benchmarks.progress import Progress
from benchmarks.rounds import AUTO_RUNS, AUTO_SECONDS, ENOUGH_ROUNDS
from benchmarks.tasks import LatencyTask
from benchmarks.timing import time_runs, warm_up
from benchmarks.worker_process import run_in_turns
from runtime.backends.table import find_backends
from runtime.classifier import Classifier
from runtime.frame import Frame

PLANTED_SHARE = 0.05
# What the loop may add, and how far one run's ratios may be from another's.
MOST_ADDED, MOST_BETWEEN_RUNS = 0.01, 0.05
_BLOCK_RUNS = 25
_NOTHING_RUNS = 2000
_SEED = 0


@dataclass(frozen=True)
class Check:
    """What was checked, what came out, in words, and whether it holds the bar. None: it could not be checked."""

    what: str
    found: str
    bar: str
    holds: bool | None


def check_loop(model: str, blocks: int, progress: Progress) -> Check:
    """What the loop costs by itself, with nothing to time in it, as a share of a run of the model.

    Beside it the same runs in turns, in the loop and bare: a machine with other work to do drowns so small a share.
    """
    classifier = Classifier.load(model, threads=1)
    frame = fit_frame(classifier)

    def run() -> float:
        return classifier.classify_frame(frame).timings.total

    warm_up(run, time.monotonic)
    loops = {"ours": _loop_of_room, "bare": _bare_loop}
    times: dict[str, list[list[float]]] = {"ours": [], "bare": []}
    for name in interleave(loops, blocks, progress):
        times[name].append([loops[name](run) for _ in range(_BLOCK_RUNS)])
    added = statistics.median(_loop_of_room(lambda: 0.0) - _bare_loop(lambda: 0.0) for _ in range(_NOTHING_RUNS))
    share = added / estimate_median(times["bare"]).value
    in_turns = show_share(estimate_paired_ratio(times["ours"], times["bare"]))
    found = f"{share:+.3%} ({added * 1e6:.1f} us); in turns {in_turns}"
    return Check("what the loop adds to a run", found, f"at most {MOST_ADDED:.0%}", share <= MOST_ADDED)


def _loop_of_room(run: Callable[[], float]) -> float:
    """Seconds around a loop of one run: its start and its end count in full."""
    started = time.monotonic()
    time_runs(run, 1, AUTO_SECONDS, time.monotonic)
    return time.monotonic() - started


def _bare_loop(run: Callable[[], float]) -> float:
    started = time.monotonic()
    run()
    return time.monotonic() - started


def fit_frame(classifier: Classifier) -> Frame:
    """Noise of the classifier's size, which needs no fitting."""
    size = classifier.card.input
    picture = np.random.default_rng(_SEED).integers(0, 256, (size.height, size.width, size.channels), np.uint8)
    return Frame(picture, is_fitted=True)


def check_planted(model: str, experiments: int, progress: Progress) -> Iterator[Check]:
    """A model against itself, and against itself with a busy wait of PLANTED_SHARE, as a run measures them.

    Ctrl-C ends the experiments: what came of those that were made is told before it goes on.

    All wait as long, the others when their time is taken already. For to wait is no pure wait: meanwhile neighbours
    take the caches, and of a run after it the network itself takes a little longer, which is not what was planted.
    """
    ratios: list[tuple[Estimate, Estimate]] = []
    is_interrupted = False
    try:
        for number in range(experiments):
            same, other, slower = _measure_planted(model, (0.0, 0.0, PLANTED_SHARE), seed=number)
            ratios.append((estimate_ratio_in_turns(other, same), estimate_ratio_in_turns(slower, same)))
            progress(number + 1, experiments)
    except KeyboardInterrupt:
        if not ratios:
            raise
        is_interrupted = True
    yield from _judge_planted(ratios)
    if is_interrupted:
        raise KeyboardInterrupt


def _judge_planted(ratios: Sequence[tuple[Estimate, Estimate]]) -> Iterator[Check]:
    """ratios: of each experiment, where nothing was planted and where PLANTED_SHARE was."""
    experiments = len(ratios)
    nothing, planted = zip(*ratios)
    falsely = sum(ratio.is_real for ratio in nothing)
    allowed = -(-experiments // 20)
    yield Check(
        "a difference of 0 %", f"found {_times(falsely)} in {experiments}", f"at most {allowed}", falsely <= allowed
    )
    found = sum(ratio.low > 1 for ratio in planted)
    held = sum(ratio.low <= 1 + PLANTED_SHARE <= ratio.high for ratio in planted)
    middle = statistics.median(ratio.value for ratio in planted)
    yield Check(
        f"a difference of {PLANTED_SHARE:.0%}",
        f"found {_times(found)} in {experiments} (median {middle - 1:.1%}), within its interval {_times(held)}",
        f"found, within the interval {_times(experiments - allowed)}",
        found == experiments and held >= experiments - allowed,
    )


def _times(count: int) -> str:
    return f"{count} time{'s' * (count != 1)}"


def _measure_planted(model: str, shares: Sequence[float], seed: int) -> list[list[list[tuple[float, ...]]]]:
    """For each share the invoke times of each turn of each round."""
    task = LatencyTask(_subject(model), 0, AUTO_RUNS, AUTO_SECONDS)
    tasks = [replace(task, planted_share=share, silent_share=PLANTED_SHARE - share) for share in shares]
    rounds = _time_rounds(tasks, seed)
    return [[part.turns("invoke_seconds") for part in parts] for parts in rounds]


def check_repeatability(models: Sequence[str], progress: Progress) -> Check:
    """The ratio of each model to the first one in one run against that in another."""
    runs = []
    for number in range(2):
        tasks = [LatencyTask(_subject(model), 0, AUTO_RUNS, AUTO_SECONDS) for model in models]
        first, *others = ([part.turns() for part in parts] for parts in _time_rounds(tasks, number))
        runs.append([estimate_ratio_in_turns(other, first).value for other in others])
        progress(number + 1, 2)
    apart = max(abs(one / other - 1) for one, other in zip(*runs))
    what = f"ratios between {len(models)} models, run against run"
    bar = f"within {MOST_BETWEEN_RUNS:.0%}"
    return Check(what, f"at most {apart:.1%} apart", bar, apart <= MOST_BETWEEN_RUNS)


def _subject(model: str) -> Subject:
    return Subject(model, find_backends(Path(model).suffix)[0].name, 1)


def _time_rounds(tasks: Sequence[LatencyTask], seed: int) -> list[list[Round]]:
    """For each task its rounds. Their processes are started in a new random order in each."""
    generator = random.Random(seed)
    rounds: list[list[Round]] = [[] for _ in tasks]
    for number in range(ENOUGH_ROUNDS):
        order = generator.sample(range(len(tasks)), len(tasks))
        parts = run_in_turns([replace(tasks[place], number=number) for place in order])
        for place, part in zip(order, parts):
            if isinstance(part, BenchmarkError):
                raise part
            rounds[place].append(part)
    return rounds


def show_share(ratio: Estimate) -> str:
    """How much more than the reference, with its interval: `+0.31% (+0.12% to +0.44%)`."""
    return f"{ratio.value - 1:+.2%} ({ratio.low - 1:+.2%} to {ratio.high - 1:+.2%})"
