"""What makes figures worse or less sure than they need be: each with its cause and the next step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from benchmarks.answers import Answers
from benchmarks.host import Host
from benchmarks.measurement import Measurement, Results, Round
from benchmarks.rounds import ENOUGH_ROUNDS, SURE_REACH
from runtime.measure import quantile

# More than one in a hundred runs beyond three times the median: something interfered.
_OUTLIER_FACTOR, _OUTLIER_SHARE = 3, 0.01
# The first run took so many times the median: whoever classifies once waits for it.
_SLOW_FIRST_FACTOR = 5
_MUCH_LOAD_CORES = 0.3
_MUCH_SLOWER = 1.5
# Of fewer, good models are right as seldom as guessing by chance.
_FEW_PICTURES = 30

Find = Callable[[Results], "str | None"]


def find_cautions(results: Results) -> list[str]:
    """One line for each cause, with the models that it touches; none where there are no measurements."""
    cautions = []
    for host in dict.fromkeys(m.host for m in results.measurements):
        cautions += _of_host(host)
    cautions += dict.fromkeys(_of_pictures(one) for one in results.answers if one.unreadable)
    found = (find(results) for find in _FINDERS)
    return [*cautions, *filter(None, found)]


def _of_host(host: Host) -> list[str]:
    cautions = []
    if host.governor not in (None, "performance"):
        cautions.append(
            f"{host.name}: the CPU governor is {host.governor}, so the frequency follows the load; for steady times: "
            "sudo cpupower frequency-set -g performance"
        )
    if host.is_emulated:
        cautions.append(
            f"{host.name}: its processor is emulated ({host.processor}), so times mean nothing; measure on the device"
        )
    if host.is_debug_build:
        cautions.append(f"{host.name}: Python is a debug build, several times slower; install a release build")
    return cautions


def _of_pictures(answers: Answers) -> str:
    count = answers.unreadable + len(answers.pictures)
    return (
        f"{answers.data}: {answers.unreadable} of {count} pictures cannot be read, and accuracy is that of the others; "
        "copy them again, or remove them"
    )


def _guessing(results: Results) -> str | None:
    """A file that was adopted with labels in another order is as quick as the right one, and agrees with itself."""

    def guesses(m: Measurement) -> bool:
        answers = results.answers_of(m.subject)
        if answers is None or len(answers.pictures) < _FEW_PICTURES:
            return False
        return answers.top(1).interval[0] <= 1 / len(m.card.labels)

    touched = [m for m in results.measurements if guesses(m)]
    if not touched:
        return None
    return (
        f"right no more often than guessing may be: {_names(results, touched)}; see that it was trained, that its "
        "labels are in the order of its scores, that data which numbers its classes counts them as its scores do (from "
        "a background class on, where it has one), and that it was adopted with the --scale, or --mean and --std, and "
        "--channels that it was trained with"
    )


def _load(results: Results) -> str | None:
    loads = [p.conditions.other_load_cores for m in results.measurements for p in m.rounds]
    known = tuple(load for load in loads if load is not None)
    if not known or quantile(known, 0.5) <= _MUCH_LOAD_CORES:
        return None
    return (
        f"other programs kept {quantile(known, 0.5):.1f} cores busy (median of the rounds; {max(known):.1f} at most); "
        "stop them and measure again: top shows them"
    )


def _throttled(results: Results) -> str | None:
    rounds = [part for m in results.measurements for part in m.rounds]
    count = sum(part.conditions.is_throttled is True for part in rounds)
    if not count:
        return None
    return (
        f"the processor was throttled in {count} of {len(rounds)} rounds, for heat or a weak power supply; "
        "cool it, or give it a stronger supply, and measure again"
    )


def _swap(results: Results) -> str | None:
    pages = sum(part.conditions.swapped_pages or 0 for m in results.measurements for part in m.rounds)
    if not pages:
        return None
    return f"{pages:,} pages were read back from swap while measuring; stop other programs, or take smaller models"


def _outliers(results: Results) -> str | None:
    def share(m: Measurement) -> float:
        limit = _OUTLIER_FACTOR * m.latency.value
        return sum(time > limit for time in m.total_seconds) / len(m.total_seconds)

    touched = [m for m in results.measurements if share(m) > _OUTLIER_SHARE]
    if not touched:
        return None
    return (
        f"more than {_OUTLIER_SHARE:.0%} of the runs took over {_OUTLIER_FACTOR} times the median: "
        f"{_names(results, touched)}; "
        "something interfered, so p99 and beyond are not the model's: measure on an idle machine"
    )


def _slow_first(results: Results) -> str | None:
    touched = [
        m for m in results.measurements if (m.median(_first_seconds) or 0) > _SLOW_FIRST_FACTOR * m.latency.value
    ]
    if not touched:
        return None
    return (
        f"the first run takes over {_SLOW_FIRST_FACTOR} times the median: {_names(results, touched)}; "
        "classify once while starting, before the first picture counts"
    )


def _first_seconds(part: Round) -> float:
    return part.first_seconds


def _unsure(results: Results) -> str | None:
    touched = [m for m in results.measurements if m.latency.reach > SURE_REACH]
    if not touched:
        return None
    worst = max(touched, key=lambda m: m.latency.reach)
    fewest = min(len(m.rounds) for m in touched)
    step = "take --runs auto" if fewest < ENOUGH_ROUNDS else "take more runs, or measure on an idle machine"
    reach = worst.latency.reach
    known = "not known at all" if math.isinf(reach) else f"known to \u00b1{reach:.1%}"
    return (
        f"too few runs for this machine's noise: the median of {len(touched)} of {len(results.measurements)} is "
        f"{known} ({results.title_of(worst.subject)}, at worst), not to \u00b1{SURE_REACH:.0%}; {step}"
    )


def _unsteady(results: Results) -> str | None:
    touched = [m for m in results.measurements if sum(not p.is_steady for p in m.rounds) > len(m.rounds) / 2]
    if not touched:
        return None
    return f"times did not settle while warming up: {_names(results, touched)}; see the other warnings for the cause"


def _slow_kernels(results: Results) -> str | None:
    touched = [
        m
        for m in results.measurements
        if m.subject.backend == "tflite-runtime"
        and "int8" in m.card.recipe
        and m.host.system.endswith(("x86_64", "AMD64"))
    ]
    if not touched:
        return None
    return (
        f"tflite-runtime is up to 14 times slower than LiteRT with integer models on x86: {_names(results, touched)}; "
        "pip install 'edgeframe[tflite]', or measure on the device"
    )


def _drift(results: Results) -> str | None:
    def factor(m: Measurement) -> float:
        medians = [quantile(part.total_seconds, 0.5) for part in m.rounds]
        return max(medians) / min(medians)

    touched = [m for m in results.measurements if factor(m) > _MUCH_SLOWER]
    if not touched:
        return None
    return (
        f"the slowest round took over {_MUCH_SLOWER} times the fastest: {_names(results, touched)}; ratios between "
        "models of one run still hold, since they shared the rounds; absolute times do not"
    )


_FINDERS: tuple[Find, ...] = (
    _guessing,
    _load,
    _throttled,
    _swap,
    _outliers,
    _slow_first,
    _unsure,
    _unsteady,
    _slow_kernels,
    _drift,
)


def _names(results: Results, touched: Sequence[Measurement]) -> str:
    names = list(dict.fromkeys(results.names[m.subject.model] for m in touched))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
