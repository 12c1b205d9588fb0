"""When a lost source is opened again, by an injected clock; and how one opening of it ends, whatever hangs."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Callable, Union

import numpy as np
import pytest

from runtime.errors import SourceError
from runtime.events import SourceEvent
from runtime.sources.frozen import FrozenWatch
from runtime.sources.latest import Latest, StalledError
from runtime.sources.live import MOST_LEFT_BEHIND, LiveSource
from runtime.sources.options import SourceOptions
from runtime.sources.reopening import FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS, Reopening

LOST = SourceError("shed: its stream ended")


class FakeTime:
    """A clock that goes on only while somebody sleeps, and remembers for how long each time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


def reopen(
    attempts: list[Callable[[], Iterator[str]]],
    clock: FakeTime,
    retries: int | None = None,
    wait: bool = False,
    draw: Callable[[float, float], float] = max,
) -> tuple[Reopening[str], list[str]]:
    """What reopens a source of which each opening is the next of `attempts`, and the states that it tells."""
    states: list[str] = []
    coming = iter(attempts)

    def attempt() -> Generator[str, None, None]:
        yield from next(coming)()

    def tell(state: str, reason: str) -> None:
        states.append(state)

    told = Reopening(attempt, tell, retries=retries, wait=wait, clock=lambda: clock.now, sleep=clock.sleep, draw=draw)
    return told, states


def giving(*items: str, then: SourceError | None = LOST) -> Callable[[], Iterator[str]]:
    def attempt() -> Iterator[str]:
        yield from items
        if then is not None:
            raise then

    return attempt


def test_a_source_that_cannot_be_opened_at_the_start_is_not_tried_again() -> None:
    clock = FakeTime()
    items, states = reopen([giving()], clock)
    with pytest.raises(SourceError, match="its stream ended"):
        list(items)
    assert states == ["opening"]
    assert clock.slept == []


def test_with_wait_it_is_tried_until_it_is_there() -> None:
    items, states = reopen([giving(), giving(), giving("a", then=None)], FakeTime(), wait=True)
    assert list(items) == ["a"]
    assert states == ["opening", "lost"] * 2 + ["opening", "live"]


def test_a_source_that_was_live_is_opened_again_for_ever() -> None:
    attempts = [giving("a"), *[giving()] * 100, giving("b", then=None)]
    items, states = reopen(attempts, FakeTime())
    assert list(items) == ["a", "b"]
    assert states == ["opening", "live", *["lost", "opening"] * 101, "live"]


def test_a_source_that_ends_by_itself_is_over() -> None:
    items, states = reopen([giving("a", "b", then=None)], FakeTime())
    assert list(items) == ["a", "b"]
    assert states == ["opening", "live"]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_after_so_many_retries_in_a_row_the_last_error_is_raised(retries: int) -> None:
    # Two rows of failures: each row has all its retries.
    attempts = [giving("a"), *[giving()] * max(0, retries - 1), giving("b"), *[giving()] * retries]
    items, states = reopen(attempts if retries else attempts[:1], FakeTime(), retries=retries)
    taken = []
    with pytest.raises(SourceError, match=f"given up after {retries} retries" if retries else "its stream ended$"):
        for item in items:
            taken.append(item)
    assert taken == (["a", "b"] if retries else ["a"])
    assert states[-1] == "lost"


def test_a_source_that_gave_nothing_in_time_is_told_as_stalled() -> None:
    items, states = reopen([giving("a", then=StalledError("late")), giving("b", then=None)], FakeTime())
    assert list(items) == ["a", "b"]
    assert states == ["opening", "live", "stalled", "opening", "live"]


def test_the_delays_double_from_half_a_second_to_half_a_minute() -> None:
    clock = FakeTime()
    items, _ = reopen([giving("a"), *[giving()] * 10, giving("b", then=None)], clock)
    list(items)
    assert clock.slept == [1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30]


def test_the_delays_are_drawn_at_random_within_their_bounds() -> None:
    drawn = []
    for seed in range(2):
        clock = FakeTime()
        attempts = [giving("a"), *[giving()] * 50, giving("b", then=None)]
        items, _ = reopen(attempts, clock, draw=random.Random(seed).uniform)
        list(items)
        assert min(clock.slept) >= FIRST_DELAY_SECONDS
        assert max(clock.slept) <= LONGEST_DELAY_SECONDS
        drawn.append(clock.slept)
    assert drawn[0] != drawn[1]


def test_the_delay_starts_anew_only_after_being_live_for_longer_than_it() -> None:
    clock = FakeTime()

    def live_for(seconds: float) -> Callable[[], Iterator[str]]:
        def attempt() -> Iterator[str]:
            yield "item"
            clock.now += seconds
            raise LOST

        return attempt

    attempts = [live_for(0.1), live_for(0.1), live_for(0.1), live_for(5), live_for(0.1), giving("end", then=None)]
    items, _ = reopen(attempts, clock)
    list(items)
    assert clock.slept == [1, 2, 4, 1, 2], "a source that comes and goes is not opened twice a second for ever"


Step = Union[int, float, threading.Event, SourceError, None]


class FakeFeed:
    """Gives the numbers of its `script`; each entry is one opening, in which a float is a rest in seconds, an event
    is waited for, None is a read that hangs until it is interrupted (for ever where `is_deaf`), and an exception is
    raised."""

    name = "shed"

    def __init__(self, *script: list[Step], is_deaf: bool = False) -> None:
        self.opened = self.closed = 0
        self._script = iter(script)
        self._is_deaf = is_deaf
        self._woken = threading.Event()
        self.end = threading.Event()

    @contextmanager
    def open(self) -> Iterator[Iterator[int]]:
        self.opened += 1
        self._woken.clear()
        steps = next(self._script)
        try:
            yield self._play(steps)
        finally:
            self.closed += 1

    def interrupt(self) -> None:
        if not self._is_deaf:
            self._woken.set()

    def fit(self, picture: int) -> np.ndarray:
        return np.full((4, 4, 3), picture % 256, np.uint8)

    def _play(self, steps: list[Step]) -> Iterator[int]:
        for step in steps:
            if isinstance(step, SourceError):
                raise step
            if step is None:
                (self.end if self._is_deaf else self._woken).wait(30)
                return
            if isinstance(step, float):
                time.sleep(step)
            elif isinstance(step, threading.Event):
                step.wait(30)
            else:
                yield step


def test_each_picture_has_its_number_and_a_slow_taker_gets_the_newest() -> None:
    taken = threading.Event()
    with Latest(FakeFeed([0, taken, *range(1, 6)]), timeout=30) as latest:
        captures = iter(latest)
        first = next(captures)
        taken.set()
        latest.thread.join(30)
        newest = next(captures)
        assert next(captures, None) is None
    assert (first.index, newest.index, newest.image[0, 0, 0]) == (0, 5, 5)
    assert newest.captured_at > first.captured_at
    assert newest.prepare >= 0


def test_a_feed_that_hangs_is_interrupted_and_let_go_of() -> None:
    feed = FakeFeed([1, None])
    latest = Latest(feed, timeout=0.2)
    with pytest.raises(StalledError, match=r"shed: gave no frame for 0\.2 s; check that it is on"), latest:
        list(latest)
    assert not latest.thread.is_alive()
    assert feed.closed == 1


def test_a_feed_that_does_not_open_in_time_is_told() -> None:
    class SlowFeed(FakeFeed):
        @contextmanager
        def open(self) -> Iterator[Iterator[int]]:
            self.end.wait(30)
            yield iter(())

    feed = SlowFeed()
    with pytest.raises(SourceError, match=r"shed: did not open within 0\.2 s"), Latest(feed, 0.2) as latest:
        list(latest)
    feed.end.set()


def test_what_the_feed_raises_is_raised_where_its_pictures_are_taken() -> None:
    taken = []
    with pytest.raises(SourceError, match="its stream ended"), Latest(FakeFeed([1, 0.05, LOST]), timeout=5) as latest:
        for capture in latest:
            taken.append(capture.index)
    assert taken == [0]


def read_events(feed: FakeFeed, count: int, **options: object) -> tuple[list[int], list[SourceEvent]]:
    """The indices of `count` frames of a live source, and the events told until then."""
    events: list[SourceEvent] = []
    asked = SourceOptions(timeout=1, **options)  # type: ignore[arg-type]
    with LiveSource(feed, asked, events.append) as source:
        return [frame.index for frame in islice(source, count)], events


def test_a_source_that_comes_back_goes_on_counting_and_tells_what_became_of_it() -> None:
    feed = FakeFeed([0, 0.05, 1, 0.05, None], [2, 0.05, LOST], [3, 0.05])
    indices, events = read_events(feed, 5)
    assert indices == sorted(set(indices))
    assert indices[-1] == 3
    assert len(indices) + events[-1].dropped == 4
    assert [event.state for event in events] == [
        *("opening", "live", "stalled"),
        *("opening", "live", "lost"),
        *("opening", "live"),
    ]
    assert [event.reopenings for event in events] == [0, 0, 0, 0, 1, 1, 1, 2]
    assert {event.source for event in events} == {"shed"}
    assert feed.opened == feed.closed == 3


def test_frames_that_nobody_took_are_counted() -> None:
    feed = FakeFeed([*range(100), 0.1, LOST], [0])
    indices, events = read_events(feed, 100)
    assert len(indices) + events[-1].dropped == 101
    assert indices[-1] == 100


def test_threads_that_hang_for_ever_are_not_added_to_without_end() -> None:
    feed = FakeFeed(*[[None]] * 50, is_deaf=True)
    events: list[SourceEvent] = []
    source = LiveSource(feed, SourceOptions(timeout=0.05, wait=True, retries=MOST_LEFT_BEHIND), events.append)
    with source, pytest.raises(SourceError, match=r"3 reads of it hang and cannot be ended; switch it off and on"):
        list(source)
    hanging = [thread for thread in threading.enumerate() if thread.name == "capture shed"]
    assert len(hanging) == feed.opened == MOST_LEFT_BEHIND
    assert all(thread.daemon for thread in hanging)
    feed.end.set()


def test_leaving_a_source_in_the_middle_of_a_read_lets_go_of_it_at_once() -> None:
    feed = FakeFeed([1, None])
    with LiveSource(feed, SourceOptions()) as source:
        next(iter(source))
        started = time.monotonic()
    assert time.monotonic() - started < 2
    assert feed.closed == 1


def test_a_picture_that_stays_the_same_is_told_and_so_is_its_end() -> None:
    watch = FrozenWatch(after=60)
    still, moved = np.zeros((4, 4, 3), np.uint8), np.ones((4, 4, 3), np.uint8)
    changes = [(second, watch.is_frozen) for second in range(100) if watch.look(still, second)]
    assert changes == [(64, True)], "after 60 s, at the next of the looks that come every 7.5 s"
    assert watch.look(moved, 120)
    assert not watch.is_frozen


def test_a_moving_picture_is_not_frozen_and_neither_is_any_where_nobody_asked() -> None:
    moving = FrozenWatch(after=1)
    assert not any(moving.look(np.full((4, 4, 3), second % 256, np.uint8), second) for second in range(300))
    off = FrozenWatch(after=0)
    assert not any(off.look(np.zeros((4, 4, 3), np.uint8), second) for second in range(300))


def test_a_source_whose_picture_freezes_tells_it() -> None:
    feed = FakeFeed([step for picture in [7] * 100 + [*range(8, 28)] for step in (picture, 0.02)])
    indices, events = read_events(feed, 1000, frozen_after=0.3)
    assert len(indices) > 20
    assert [event.state for event in events] == ["opening", "live", "frozen", "live"]
    assert "the same picture for 0.3 s" in events[2].reason
    assert events[-1].reopenings == 0
