"""What differs between two results, which differences are real, and which of them are regressions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.answers import Answers
from benchmarks.bootstrap import Estimate, estimate_ratio
from benchmarks.measurement import Failure, Measurement, Results, Subject
from benchmarks.model_names import name_models
from benchmarks.table import format_rows

_RESAMPLES = 4000
_SEED = 0

# Name of the model, backend, threads, scenario, host.
_Key = tuple[str, str, int, str, str]


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
    """Of every model (by its file's name, and its folders' where one of the two has several files of that name),
    backend, number of threads and scenario that both have.
    """
    earlier, later = _by_key(before, after)
    pairs = [(key, earlier[key], new) for key, new in later.items() if key in earlier]
    return [change for key, old, new in pairs for change in _changes_of(_title(key, new), before, old, after, new)]


def find_lost(before: Results, after: Results) -> list[str]:
    """What only `before` has, a model or its accuracy, with what `after` says of its failure: a crash is no gain."""
    earlier, later = _by_key(before, after)
    names = name_models(before.names, after.names)
    lost = []
    for key, old in earlier.items():
        new = later.get(key)
        if new is None:
            what = "is not measured any more"
        elif before.answers_of(old.subject) and not after.answers_of(new.subject):
            what = "has no accuracy any more"
        else:
            continue
        reasons = [f.message for f in after.failures if names[f.model] == key[0] and _concerns(f, old.subject)]
        lost.append(": ".join([f"{_title(key, old)} {what}", *reasons[:1]]))
    return lost


def _concerns(failure: Failure, subject: Subject) -> bool:
    """Whether the failure, of the same file, is of all settings, or of what the subject has of them."""
    return not failure.setting or set(failure.setting.split(", ")) <= set(subject.setting.split(", "))


def find_new(before: Results, after: Results) -> list[str]:
    """What only `after` has, so that nothing says whether it became worse."""
    earlier, later = _by_key(before, after)
    return [_title(key, new) for key, new in later.items() if key not in earlier]


def find_cautions(before: Results, after: Results) -> list[str]:
    """What else differs than the models, so that a difference may not be theirs."""
    cautions = []
    if before.data_sha256 and after.data_sha256 and before.data_sha256 != after.data_sha256:
        cautions.append("not the same data: top-1 was counted on other pictures")
    earlier, later = _by_key(before, after)
    for old, new in ((earlier[key].host, later[key].host) for key in later if key in earlier):
        if not old.is_alike(new):
            cautions.append(f"not the same kind of machine: {old.name} ({old}) before, {new.name} ({new}) after")
    return list(dict.fromkeys(cautions))


def _by_key(before: Results, after: Results) -> tuple[dict[_Key, Measurement], dict[_Key, Measurement]]:
    """The measurements of both, by what is the same in what belongs together."""
    names = name_models(before.names, after.names)

    def key(s: Subject) -> _Key:
        return names[s.model], s.backend, s.threads, s.scenario, s.host

    return {key(m.subject): m for m in before.measurements}, {key(m.subject): m for m in after.measurements}


def _title(key: _Key, measurement: Measurement) -> str:
    return f"{key[0]} ({measurement.subject.setting})"


def _changes_of(name: str, before: Results, old: Measurement, after: Results, new: Measurement) -> Iterator[Change]:
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
