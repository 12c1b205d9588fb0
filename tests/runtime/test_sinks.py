"""Outputs as a whole: the fan-out, and the threads behind it."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from runtime.decisions import Decisions, DecisionSettings
from runtime.errors import OutputError
from runtime.events import SourceEvent
from runtime.sinks import Sink, Sinks
from runtime.sinks.background import Background, only_changes, with_own_picture
from tests.runtime.results import LABELS, Kept, labelled, make_result, wait_until

STALLED = SourceEvent("shed", "stalled", "no frame for 5 s", reopenings=2, dropped=7)


def kept_sinks(settings: DecisionSettings, screen: Sink, **outputs: list[Sink]) -> Sinks:
    return Sinks(Decisions(settings, LABELS, 5), lambda is_video, is_live: screen, **outputs)  # type: ignore[arg-type]


def test_every_output_gets_what_is_reported_and_the_watching_ones_every_frame() -> None:
    screen, watching, first, second = Kept(), Kept(), Kept(), Kept()
    backgrounds = [Background(first, "first"), Background(second, "second")]
    settings = DecisionSettings(threshold=0.5, on_change=True)
    with kept_sinks(settings, screen, watching=[watching], reported=backgrounds) as sinks:
        for score in (0.9, 0.9, 0.2):
            sinks.write(make_result(score))
        sinks.write_event(STALLED)
    assert [result.label for result in watching.results] == ["cat", "cat", "unknown"]
    for sink in (screen, first, second):
        assert [result.label for result in sink.results] == ["cat", "unknown"]
        assert sink.is_closed
    assert all(sink.events == [STALLED] for sink in (screen, watching, first, second))


def test_a_broken_pipe_comes_through_and_a_full_disk_behind_the_standard_output_is_told() -> None:
    screen = Kept()
    sinks = kept_sinks(DecisionSettings(), screen)
    screen.error = BrokenPipeError()
    with pytest.raises(BrokenPipeError):
        sinks.write(make_result(1))
    screen.error = OSError(28, "No space left on device")
    with pytest.raises(OutputError, match="No space left on device"):
        sinks.write(make_result(1))


def test_a_dead_output_slows_nothing_and_closing_has_a_bound() -> None:
    told: list[str] = []
    stuck = [Background(Kept(is_gate_open=False), f"stuck {number}", bound=5, tell=told.append) for number in range(3)]
    screen = Kept()
    sinks = kept_sinks(DecisionSettings(), screen, reported=list(stuck))
    started = time.monotonic()
    for _ in range(1000):
        sinks.write(make_result(1))
    assert time.monotonic() - started < 1
    assert len(screen.results) == 1000
    started = time.monotonic()
    sinks.close()
    assert time.monotonic() - started < 2
    assert [background.left_out for background in stuck] == [999] * 3
    overflowing = "does not keep up; the oldest results are left out", "999 results were left out"
    assert sorted(told) == sorted(f"stuck {number}: {text}" for number in range(3) for text in overflowing)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("output")]


def test_the_newest_results_are_kept_when_an_output_lags() -> None:
    slow = Kept(is_gate_open=False)
    background = Background(slow, "slow", bound=3, tell=lambda message: None)
    background.write(make_result(1, index=0))
    wait_until(lambda: not background.waiting)  # the first one is taken, and waits at the gate
    for index in range(1, 10):
        background.write(make_result(1, index=index))
    slow.open_gate.set()
    background.close()
    assert [result.frame.index for result in slow.results] == [0, 7, 8, 9]


def test_an_error_is_told_once_and_once_more_when_it_is_over() -> None:
    told: list[str] = []
    failing = Kept()
    background = Background(failing, "--out results.jsonl", tell=told.append)
    failing.error = OSError(28, "No space left on device", "/a/name/that/changes")
    for _ in range(50):
        background.write(make_result(1))
    wait_until(lambda: not background.waiting)
    failing.error = None
    background.write(make_result(1))
    background.write(make_result(1))
    background.close()
    assert told == [
        "--out results.jsonl: No space left on device; classifying goes on",
        "--out results.jsonl: works again",
    ]


def test_what_waits_is_a_small_thing_or_a_picture_of_its_own() -> None:
    image = np.full((8, 8, 3), 7, np.uint8)
    small, copied = Kept(), Kept()
    backgrounds = [Background(small, "small"), Background(copied, "copied", keep=with_own_picture)]
    for background in backgrounds:
        background.write(make_result(1, image=image))
    image[:] = 0  # as a source does that writes each frame into the same memory
    for background in backgrounds:
        background.close()
    assert small.results[0].frame.image.size == 0
    assert small.results[0].scores is None
    assert (copied.results[0].frame.image == 7).all()


def test_an_output_of_changes_gets_only_those() -> None:
    kept = Kept()
    background = Background(kept, "changes", keep=only_changes(), takes_events=False)
    for label in ("cat", "cat", "dog", "dog", "cat"):
        background.write(labelled(label))
    background.write_event(STALLED)
    background.close()
    assert [result.label for result in kept.results] == ["cat", "dog", "cat"]
    assert kept.events == []
