"""What differs between two results, which differences are real, and which of them are regressions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from benchmarks.answers import Answers
from benchmarks.bootstrap import Estimate, estimate_ratio
from benchmarks.measurement import Failure, Measurement, Results, Subject
from benchmarks.table import format_rows

_RESAMPLES = 4000
_SEED = 0


@dataclass(frozen=True)
class Change:
    """A figure of one model after against before. cost_ratio: how many times as much it costs, above 1 is worse; of
    top-1 it is the share of right answers before against after.
    """

    subject: str
    figure: str
    before: float
    after: float
    cost_ratio: Estimate

    def is_regression(self, fail_above: float) -> bool:
        """Worse by more than the share `fail_above`, and not by chance."""
        return self.cost_ratio.is_real and self.cost_ratio.value > 1 + fail_above

    @property
    def verdict(self) -> str:
        if math.isinf(self.cost_ratio.high):
            return "too few rounds to tell"
        if not self.cost_ratio.is_real:
            return "no real difference"
        return "worse" if self.cost_ratio.value > 1 else "better"


def find_changes(before: Results, after: Results) -> list[Change]:
    """Of every model (by its file's name), backend, number of threads and scenario that both have."""
    earlier = {_key(m): m for m in before.measurements}
    pairs = [(earlier[_key(m)], m) for m in after.measurements if _key(m) in earlier]
    return [change for old, new in pairs for change in _changes_of(before, old, after, new)]


def find_lost(before: Results, after: Results) -> list[str]:
    """What only `before` has, a model or its accuracy, with what `after` says of its failure: a crash is no gain."""
    later = {_key(m): m for m in after.measurements}
    lost = []
    for old in before.measurements:
        new = later.get(_key(old))
        if new is None:
            what = "is not measured any more"
        elif before.answers_of(old.subject) and not after.answers_of(new.subject):
            what = "has no accuracy any more"
        else:
            continue
        reasons = [failure.message for failure in after.failures if _concerns(failure, old.subject)]
        lost.append(": ".join([f"{old.subject} {what}", *reasons[:1]]))
    return lost


def _concerns(failure: Failure, subject: Subject) -> bool:
    """Whether the failure is of the file in all settings, or of what the subject has of them."""
    words = set(failure.setting.split(", ")) if failure.setting else set()
    return PurePath(failure.model).name == subject.name and words <= set(subject.setting.split(", "))


def find_new(before: Results, after: Results) -> list[str]:
    """What only `after` has, so that nothing says whether it became worse."""
    earlier = set(map(_key, before.measurements))
    return [str(m.subject) for m in after.measurements if _key(m) not in earlier]


def find_cautions(before: Results, after: Results) -> list[str]:
    """What else differs than the models, so that a difference may not be theirs."""
    cautions = []
    if before.data_sha256 and after.data_sha256 and before.data_sha256 != after.data_sha256:
        cautions.append("not the same data: top-1 was counted on other pictures")
    earlier = {_key(m): m.host for m in before.measurements}
    for new in after.measurements:
        old = earlier.get(_key(new))
        if old is not None and not old.is_alike(new.host):
            cautions.append(
                f"not the same kind of machine: {old.name} ({old}) before, {new.host.name} ({new.host}) after"
            )
    return list(dict.fromkeys(cautions))


def _key(measurement: Measurement) -> tuple[str, str, int, str, str]:
    s = measurement.subject
    return s.name, s.backend, s.threads, s.scenario, s.host


def _changes_of(before: Results, old: Measurement, after: Results, new: Measurement) -> Iterator[Change]:
    name = str(new.subject)
    latency = estimate_ratio(*([part.total_seconds for part in m.rounds] for m in (new, old)))
    yield Change(name, "latency p50, ms", old.latency.value * 1e3, new.latency.value * 1e3, latency)
    peaks = [tuple((p.peak_memory_bytes,) for p in m.rounds if p.peak_memory_bytes) for m in (new, old)]
    if all(peaks):
        memory = estimate_ratio(*peaks)
        middle = [float(np.median(peak)) / 1e6 for peak in peaks]
        yield Change(name, "peak memory, MB", middle[1], middle[0], memory)
    size = new.file_bytes / old.file_bytes
    yield Change(name, "file, MB", old.file_bytes / 1e6, new.file_bytes / 1e6, Estimate(size, size, size))
    answers = before.answers_of(old.subject), after.answers_of(new.subject)
    if answers[0] and answers[1]:
        shares = [one.top(1).value * 100 for one in answers if one]
        yield Change(name, "top-1, %", shares[0], shares[1], _accuracy_ratio(answers[0], answers[1]))


def _accuracy_ratio(old: Answers, new: Answers) -> Estimate:
    """Top-1 before against after, with a bootstrap over the pictures: the same ones where both saw the same."""
    generator = np.random.default_rng(_SEED)
    before, after = (np.asarray(one.ranks) == 0 for one in (old, new))
    if (old.data, old.split, old.pictures) == (new.data, new.split, new.pictures):
        # Resampling pictures is drawing how many are right in both, in one only, and in none.
        kinds = np.bincount(2 * before + after, minlength=4) / len(before)
        _none, only_after, only_before, both = generator.multinomial(len(before), kinds, _RESAMPLES).T
        values = _ratio((both + only_before) / len(before), (both + only_after) / len(before))
    else:
        drawn = [generator.binomial(len(one), one.mean(), _RESAMPLES) / len(one) for one in (before, after)]
        values = _ratio(*drawn)
    value = float(_ratio(before.mean(), after.mean()))
    low, high = (float(end) for end in np.quantile(values, [0.025, 0.975]))
    return Estimate(value, min(low, value), max(high, value))


def _ratio(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Of shares of right answers; a model that is never right counts as one that is right in a million."""
    return np.asarray(np.maximum(old, 1e-6) / np.maximum(new, 1e-6))


def format_changes(changes: list[Change], fail_above: float) -> str:
    """A Markdown table, aligned; a regression is marked."""
    rows = [["", "model", "figure", "before", "after", "costs (95 %)", "verdict"]]
    for change in changes:
        ratio = change.cost_ratio
        rows.append(
            [
                "!" if change.is_regression(fail_above) else "",
                change.subject,
                change.figure,
                f"{change.before:.4g}",
                f"{change.after:.4g}",
                f"x {ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f})",
                change.verdict,
            ]
        )
    return format_rows(rows)
