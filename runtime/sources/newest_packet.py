"""Packets of a stream in which each one is a whole picture: the newest, while the ones before are left undecoded.

A device that decodes fewer pictures than come would get each one later than the one before, as they wait in the
network's and the camera's buffers. So a thread empties these, which costs next to nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Optional


@contextmanager
def newest_packets(packets: Iterable[Any], stopped: threading.Event) -> Iterator[Iterator[Optional[Any]]]:
    """The newest of `packets`, which a thread reads, each time that one is asked for; before it, None for each that was
    passed over. Raises there what reading raised.

    Leaving the context waits for the read that is under way, and ends with that; so does `stopped`.
    """
    slot = _Slot()
    thread = threading.Thread(target=slot.fill, args=(packets, stopped), name="packets", daemon=True)
    thread.start()
    taken = slot.take()
    try:
        yield taken
    finally:
        taken.close()
        slot.leave()
        thread.join()


class _Slot:
    def __init__(self) -> None:
        self._is_left = False
        self._changed = threading.Condition()
        self._packet: Any = None
        self._passed = 0
        self._has_ended = False
        self._error: Optional[BaseException] = None

    def fill(self, packets: Iterable[Any], stopped: threading.Event) -> None:
        try:
            for packet in packets:
                with self._changed:
                    if self._is_left or stopped.is_set():
                        return
                    self._passed += self._packet is not None
                    self._packet = packet
                    self._changed.notify()
        except Exception as error:  # raised again where the packets are taken
            self._error = error
        finally:
            with self._changed:
                self._has_ended = True
                self._changed.notify()

    def leave(self) -> None:
        """A packet may lie in memory of the driver, which is gone soon."""
        with self._changed:
            self._is_left, self._packet = True, None

    def take(self) -> Generator[Optional[Any], None, None]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._packet is not None or self._has_ended)
                packet, self._packet = self._packet, None
                passed, self._passed = self._passed, 0
            if packet is None:
                if self._error is not None:
                    raise self._error
                return
            yield from [None] * passed
            yield packet
            del packet
