"""This room's figures beside those of others that measure the same: a bare loop in C, MLPerf's load generator."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np

from benchmarks.bare_interpreter import open_interpreter
from benchmarks.bootstrap import Estimate, estimate_paired_ratio, estimate_ratio_in_turns
from benchmarks.checks.c_loop import CLoop
from benchmarks.checks.method import MOST_ADDED, Check, fit_frame, show_share
from benchmarks.data import Data
from benchmarks.errors import BenchmarkError
from benchmarks.interleave import interleave
from benchmarks.loadgen import LoadSettings, run_loadgen
from benchmarks.progress import Progress
from benchmarks.rounds import AUTO_RUNS, AUTO_SECONDS
from benchmarks.timing import TURNS, time_runs, warm_up
from runtime.backends.backend import make_decoder, make_encoder
from runtime.classifier import Classifier
from runtime.errors import EdgeframeError
from runtime.frame import Frame

# How far LoadGen's medians may be from ours.
MOST_FROM_LOADGEN = 0.03
# The same network by two builds of the same kernels; a float's last digit may differ.
_SAME_SCORES = 1e-5
# Seconds of runs, turn by turn.
Turns = list[tuple[float, ...]]
# Times so many runs: seconds, one each.
Loop = Callable[[int], Sequence[float]]
# From what goes into the input tensor and our classifier, a loop of others over the same network.
OpenLoop = Callable[[np.ndarray, Classifier], AbstractContextManager[Loop]]
_WARM_UP_SECONDS = 0.3
# Short, and many: see benchmarks.timing.TURNS.
_LOADGEN_SECONDS, _MOST_RUNS = 0.3, 10_000
_SEED = 0


def check_against_c(model: str, rounds: int, progress: Progress, compiler: str = "cc") -> Check:
    """Our median of the network with its input and output, one thread, against that of c_loop.c, in turns.

    The loop runs LiteRT's compiled model, because the wheel exports no other C API; LiteRT 2.3's runs the interpreter's
    XNNPACK kernels on the caller's buffers, without a copy. To register those costs it 0.3 microseconds a run: in
    processor time it took 1.09 times the interpreter's `invoke` (1.03 to 1.11) of a network of three weights, and 1.00
    times of the default model (0.95 to 1.03, on a busy machine). So the difference is what Python adds: the values into
    the interpreter and the scores out, 3.5 microseconds of the small one (a larger picture takes more), which of a
    network that takes less than a third of a millisecond is more than the bar.

    The picture is fitted already, for both: to scale one between two runs takes cache from the network, and that is
    the work's doing, not the loop's. Not checked, with the reason, where there is no compiler or no library, for
    another format, and where the loop's scores are not ours: then it would not be the same work.
    """
    what, bar = "our invoke against a bare loop in C", f"at most {MOST_ADDED:.0%} more"
    try:
        ratio, added = _compare_with_c(model, rounds, progress, compiler)
    except EdgeframeError as error:
        return Check(what, f"not checked: {error}", bar, None)
    return Check(what, f"{show_share(ratio)}, {added * 1e6:+.1f} us", bar, ratio.value - 1 <= MOST_ADDED)


def check_against_python(model: str, rounds: int, progress: Progress) -> Check:
    """Likewise against the same calls of the interpreter with nothing of ours around them: values in, `invoke`, scores
    out. What is between this and the loop in C is LiteRT's, not the benchmark's.
    """
    what, bar = "our invoke against the same calls bare in Python", f"at most {MOST_ADDED:.0%} more"
    if Path(model).suffix != ".tflite":
        return Check(what, f"not checked: {model}: the bare calls are of a .tflite; name one first", bar, None)

    def open_bare(values: np.ndarray, classifier: Classifier) -> Iterator[Loop]:
        yield _make_bare_loop(model, values)

    ratio, added = _compare(model, rounds, progress, contextmanager(open_bare))
    return Check(what, f"{show_share(ratio)}, {added * 1e6:+.1f} us", bar, ratio.value - 1 <= MOST_ADDED)


def _make_bare_loop(model: str, values: np.ndarray) -> Loop:
    interpreter = open_interpreter(Path(model))
    given, scores = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    tensor = values.reshape(given["shape"])

    def run() -> float:
        started = time.monotonic()
        interpreter.set_tensor(given["index"], tensor)
        interpreter.invoke()
        interpreter.get_tensor(scores["index"])
        return time.monotonic() - started

    return _make_loop(run)


def _compare_with_c(model: str, rounds: int, progress: Progress, compiler: str) -> tuple[Estimate, float]:
    if Path(model).suffix != ".tflite":
        raise BenchmarkError(f"{model}: the loop runs a .tflite; name one first")
    with tempfile.TemporaryDirectory() as folder:
        loop = CLoop(Path(folder), compiler)

        def open_loop(values: np.ndarray, classifier: Classifier) -> Iterator[Loop]:
            with loop.open(Path(model), values, _WARM_UP_SECONDS) as process:
                _check_scores(classifier, fit_frame(classifier), process.scores)
                yield process.time_runs

        return _compare(model, rounds, progress, contextmanager(open_loop))


def _compare(model: str, rounds: int, progress: Progress, open_theirs: OpenLoop) -> tuple[Estimate, float]:
    """The ratio of ours to theirs, and the seconds between the medians. Both are opened anew in each round, and take
    turns in it, whose first run does not count, as in benchmarks.timing.
    """
    generator = random.Random(_SEED)
    ours: list[Turns] = []
    theirs: list[Turns] = []
    for number in range(rounds):
        in_turns = _take_turns(Classifier.load(model, threads=1, backend="litert"), open_theirs, generator)
        ours.append(in_turns[0])
        theirs.append(in_turns[1])
        progress(number + 1, rounds)
    pairs = zip(*([statistics.median(turn) for turns in times for turn in turns] for times in (ours, theirs)))
    return estimate_ratio_in_turns(ours, theirs), statistics.median(our - their for our, their in pairs)


def _take_turns(classifier: Classifier, open_theirs: OpenLoop, generator: random.Random) -> tuple[Turns, Turns]:
    frame = fit_frame(classifier)
    values = make_encoder(classifier.backend.input, classifier.card.normalisation)(frame.image)
    ours: Turns = []
    theirs: Turns = []
    with open_theirs(values, classifier) as their_loop:
        our_loop = _make_loop(lambda: classifier.classify_frame(frame).timings.invoke)
        runs = max(1, min(AUTO_RUNS, round(AUTO_SECONDS / our_loop(1)[0])) // TURNS) + 1
        for _ in range(TURNS):
            for loop, times in generator.sample(((our_loop, ours), (their_loop, theirs)), 2):
                times.append(tuple(loop(runs)[1:]))
    return ours, theirs


def _make_loop(run: Callable[[], float]) -> Loop:
    """run: gives its own seconds; it is warmed up."""
    warm_up(run, time.monotonic)
    return lambda runs: time_runs(run, runs, None, time.monotonic)


def _check_scores(classifier: Classifier, frame: Frame, answer: bytes) -> None:
    output = classifier.backend.output
    theirs = make_decoder(output)(np.frombuffer(answer, output.dtype))
    apart = float(np.abs(theirs - classifier.backend.run(frame.image)).max())
    if not apart <= _SAME_SCORES:
        raise BenchmarkError(
            f"the bare loop in C answers otherwise (scores up to {apart:.2g} apart); use ai-edge-litert 2.3"
        )


def check_against_loadgen(model: str, rounds: int, progress: Progress) -> Check:
    """Our median of a fitted picture's classification against LoadGen's (SingleStream), in turns."""
    classifier = Classifier.load(model, threads=1)
    card = classifier.card
    load = LoadSettings(seconds=_LOADGEN_SECONDS)
    frame = fit_frame(classifier)
    theirs: list[list[float]] = []
    ours: list[list[float]] = []

    def run() -> float:
        return classifier.classify_frame(frame, 1).timings.invoke

    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures.npz"
        noise = np.random.default_rng(_SEED).integers(0, 256, (8, card.input.height, card.input.width, 3), np.uint8)
        classes = np.arange(8) % len(card.labels)
        np.savez(pictures, x_train=noise, y_train=classes, x_test=noise, y_test=classes, labels=card.labels)

        def ask_loadgen() -> None:
            result = run_loadgen(classifier, Data(str(pictures)), load, Path(folder) / "logs")
            theirs.append([float(result.figures["50.00 percentile latency (ns)"]) / 1e9])

        def ask_ours() -> None:
            warm_up(run, time.monotonic)
            ours.append(time_runs(run, _MOST_RUNS, _LOADGEN_SECONDS, time.monotonic))

        for ask in interleave((ask_loadgen, ask_ours), rounds, progress):
            ask()
    ratio = estimate_paired_ratio(ours, theirs)
    holds = abs(ratio.value - 1) <= MOST_FROM_LOADGEN
    return Check("our median against LoadGen's", show_share(ratio), f"within {MOST_FROM_LOADGEN:.0%}", holds)
