"""From what each frame shows to what is reported: a chain of the steps of runtime.decision_steps.

    smooth -> rank (labels-only) -> threshold      what the frame shows: `judge`
    hold -> on-change, every                       whether that is told: `report`

Every time is a frame's `moment`: nothing here reads a clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

from runtime.decision_steps import Hold, Rank, Smooth, Thin, Threshold
from runtime.errors import UsageError
from runtime.result import Result


@dataclass(frozen=True)
class DecisionSettings:
    """How frames become reports. The defaults report every frame as it is.

    threshold: 0..1, scores below it are left out; a frame without any other is `unknown`.
    labels_only: the labels that can win; () for all.
    smooth: seconds, the time constant over which scores are averaged (after it, 63 % of a change is seen); 0 for none.
    hold: times running that a label must win.
    on_change: only a label other than the one reported last is reported.
    every: seconds that lie between two reports at least.
    """

    threshold: float = 0.0
    labels_only: tuple[str, ...] = ()
    smooth: float = 0.0
    hold: int = 1
    on_change: bool = False
    every: float = 0.0

    def __post_init__(self) -> None:
        _require(0 <= self.threshold <= 1, f"threshold {self.threshold}: expected 0 to 1")
        _require(0 <= self.smooth < math.inf, f"smooth {self.smooth}: expected seconds, 0 or more")
        _require(self.hold >= 1, f"hold {self.hold}: expected 1 or more")
        _require(0 <= self.every < math.inf, f"every {self.every}: expected seconds, 0 or more")

    @property
    def is_thinned(self) -> bool:
        """Most frames are not reported."""
        return self.on_change or self.every > 0


class Decisions:
    """The chain for one stream of results. `judge` answers for every frame; `report` of that says what is told.

    Args:
        settings: what the user asked for. Smoothing and `labels_only` need results that keep their `scores`.
        labels: of the network's outputs.
        top: how many predictions a result has.

    Raises UsageError when a name of `labels_only` is no label.
    """

    def __init__(self, settings: DecisionSettings, labels: tuple[str, ...], top: int) -> None:
        self._settings, self._top = settings, top
        allowed = find_labels(settings.labels_only, labels) if settings.labels_only else None
        self._judging: list[Callable[[Result], Result]] = []
        self._reporting: list[Callable[[Result], Optional[Result]]] = []
        if settings.smooth:
            self._judging.append(Smooth(settings.smooth))
        if settings.smooth or allowed is not None:
            self._judging.append(Rank(labels, top, allowed))
        if settings.threshold:
            self._judging.append(Threshold(settings.threshold))
        if settings.hold > 1:
            self._reporting.append(Hold(settings.hold))
        if settings.is_thinned:
            self._reporting.append(Thin(settings.on_change, settings.every))

    def for_labels(self, labels: tuple[str, ...]) -> Decisions:
        """The same decisions on another network's outputs. Raises UsageError as the constructor."""
        return Decisions(self._settings, labels, self._top)

    def judge(self, result: Result) -> Result:
        """What the frame shows, by smoothed scores, allowed labels and threshold."""
        for step in self._judging:
            result = step(result)
        return result

    def report(self, judged: Result) -> Result | None:
        """The judged result if it is to be told, else None."""
        reported: Result | None = judged
        for step in self._reporting:
            if reported is None:
                return None
            reported = step(reported)
        return reported


def find_labels(names: tuple[str, ...], labels: tuple[str, ...]) -> tuple[int, ...]:
    """The outputs that these labels name, in any case of letters. Raises UsageError that names those close by."""
    numbers: dict[str, list[int]] = {}
    for number, label in enumerate(labels):
        numbers.setdefault(label.casefold(), []).append(number)
    for name in names:
        if name.casefold() not in numbers:
            raise UsageError(f"--labels-only {name}: {_suggest(name, labels)}")
    return tuple(sorted({number for name in names for number in numbers[name.casefold()]}))


def _suggest(name: str, labels: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    by_case = {label.casefold(): label for label in labels}
    close = get_close_matches(name.casefold(), by_case, n=3, cutoff=0.5)
    close += [case for case in by_case if name.casefold() in case and case not in close][: 3 - len(close)]
    if close:
        return f"no such label; did you mean {', '.join(by_case[case] for case in close)}?"
    return f"no such label; the model's are {', '.join(labels[:3])}" + (", ..." if len(labels) > 3 else "")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise UsageError(message)
