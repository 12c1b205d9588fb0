"""Packets of a stream: those from its newest whole picture on, while the ones before are left undecoded.

A device that decodes fewer pictures than come would get each one later than the one before, as they wait in the
network's and the camera's buffers. So a thread empties these, which costs next to nothing.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from typing import Any, Callable, Optional

# Of a stream in which whole pictures are rare, or none, so much may wait before it is read on: 12 s of 20 Mbit/s.
_MOST_BYTES = 32_000_000


class NewestPackets:
    """`packets`, which a thread reads from entering this to leaving it.

    Iterating gives them as they are asked for. With one that is a whole picture, on which the ones after it build, all
    that still wait are passed over, and None is given for each of these. Raises there what reading raised.

    Leaving waits for the read that is under way, and ends with that.
    """

    def __init__(self, packets: Iterable[Any], is_whole: Callable[[Any], bool]) -> None:
        self._is_whole = is_whole
        self._shown = True  # what may wait for its first whole picture gives none
        self._is_left = False
        self._changed = threading.Condition()
        self._packets: deque[Any] = deque()
        self._passed = 0
        self._has_ended = False
        self._error: Optional[BaseException] = None
        self._taken = self._take()
        self._thread = threading.Thread(target=self._fill, args=(packets,), name="packets", daemon=True)

    def __enter__(self) -> NewestPackets:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """A packet may lie in memory of the driver, which is gone soon."""
        self._taken.close()
        with self._changed:
            self._is_left = True
            self._packets.clear()
            self._changed.notify()
        self._thread.join()

    def __iter__(self) -> Iterator[Optional[Any]]:
        return self._taken

    def note_picture(self) -> None:
        """Told by whoever decodes that a picture came of what was taken. Only then is anything passed over again, as a
        decoder may need many packets for its first picture: it keeps some back to put them in order, and of intra
        refresh what is called a whole picture is where a round of refreshing begins.
        """
        self._shown = True

    def _fill(self, packets: Iterable[Any]) -> None:
        try:
            for packet in packets:
                with self._changed:
                    if self._is_whole(packet) and (self._passed or self._shown):
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

    def _take(self) -> Generator[Optional[Any], None, None]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._packets) or self._has_ended)
                packet = self._packets.popleft() if self._packets else None
                passed, self._passed = self._passed, 0
                if passed:
                    self._shown = False
                self._changed.notify()
            if packet is None:
                if self._error is not None:
                    raise self._error
                return
            yield from [None] * passed
            yield packet
            del packet
