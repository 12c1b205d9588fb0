"""Packets of a stream: those from its newest whole picture on, while the ones before are left undecoded.

A device that decodes fewer pictures than come would get each one later than the one before, as they wait in the
network's and the camera's buffers. So a thread empties these, which costs next to nothing.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Callable, Optional

# Of a stream in which whole pictures are rare, or none, so much may wait before it is read on: 12 s of 20 Mbit/s.
_MOST_BYTES = 32_000_000


@contextmanager
def newest_packets(
    packets: Iterable[Any], is_whole: Callable[[Any], bool], shown: threading.Event
) -> Iterator[Iterator[Optional[Any]]]:
    """`packets`, which a thread reads, as they are asked for. With one that is a whole picture, on which the ones after
    it build, all that still wait are passed over; None is given for each of these. Raises there what reading raised.

    shown: set by whoever decodes, when a picture came of what was taken. Only then is anything passed over again, as
    a decoder may need many packets for its first picture: it keeps some back to put them in order, and of intra
    refresh what is called a whole picture is where a round of refreshing begins.

    Leaving the context waits for the read that is under way, and ends with that.
    """
    waiting = _Waiting(is_whole, shown)
    thread = threading.Thread(target=waiting.fill, args=(packets,), name="packets", daemon=True)
    thread.start()
    taken = waiting.take()
    try:
        yield taken
    finally:
        taken.close()
        waiting.leave()
        thread.join()


class _Waiting:
    def __init__(self, is_whole: Callable[[Any], bool], shown: threading.Event) -> None:
        self._is_whole = is_whole
        self._shown = shown
        shown.set()  # what may wait for its first whole picture gives none
        self._is_left = False
        self._changed = threading.Condition()
        self._packets: deque[Any] = deque()
        self._passed = 0
        self._has_ended = False
        self._error: Optional[BaseException] = None

    def fill(self, packets: Iterable[Any]) -> None:
        try:
            for packet in packets:
                with self._changed:
                    if self._is_whole(packet) and (self._passed or self._shown.is_set()):
                        self._passed += len(self._packets)
                        self._packets.clear()
                    self._changed.wait_for(lambda: self._is_left or self._bytes() < _MOST_BYTES)
                    if self._is_left:
                        return
                    self._packets.append(packet)
                    self._changed.notify()
                del packet
        except Exception as error:  # raised again where the packets are taken
            self._error = error
        finally:
            with self._changed:
                self._has_ended = True
                self._changed.notify()

    def _bytes(self) -> int:
        return sum(packet.size for packet in self._packets)

    def leave(self) -> None:
        """A packet may lie in memory of the driver, which is gone soon."""
        with self._changed:
            self._is_left = True
            self._packets.clear()
            self._changed.notify()

    def take(self) -> Generator[Optional[Any], None, None]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._packets) or self._has_ended)
                packet = self._packets.popleft() if self._packets else None
                passed, self._passed = self._passed, 0
                if passed:
                    self._shown.clear()
                self._changed.notify()
            if packet is None:
                if self._error is not None:
                    raise self._error
                return
            yield from [None] * passed
            yield packet
            del packet
