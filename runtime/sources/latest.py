"""The newest frame and never an older one: a thread empties a live source into a slot for one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from runtime.errors import SourceError

T = TypeVar("T")


class Latest(Generic[T]):
    """Runs an iterator in a thread and gives its newest item.

    Args:
        produce: opens the source and yields from it, in the thread, until `stopped()` is true.
        name: of the source, for messages.
        timeout: seconds to wait for an item before SourceError.
    """

    def __init__(self, produce: Callable[[Callable[[], bool]], Iterator[T]], name: str, timeout: float) -> None:
        self._produce = produce
        self._name = name
        self._timeout = timeout
        self._changed = threading.Condition()
        self._item: T | None = None
        self._ended = False
        self._stop = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._drain, name=f"capture {name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread. One that is stuck in a driver is left behind after 2 s; it ends with the process."""
        with self._changed:
            self._stop = True
            self._item = None
            self._changed.notify_all()
        self._thread.join(timeout=2)

    def __iter__(self) -> Iterator[T]:
        while True:
            deadline = time.monotonic() + self._timeout
            with self._changed:
                while self._item is None and not self._ended:
                    if not self._changed.wait(max(0.0, deadline - time.monotonic())) and time.monotonic() >= deadline:
                        raise SourceError(
                            f"{self._name}: gave no frame for {self._timeout:g} s; check that it is on and connected"
                        )
                item, self._item = self._item, None
            if item is None:
                if self._error is not None:
                    raise self._error
                return
            yield item

    def _drain(self) -> None:
        try:
            for item in self._produce(lambda: self._stop):
                with self._changed:
                    if self._stop:
                        break
                    self._item = item
                    self._changed.notify_all()
        except Exception as error:  # raised again where the frames are read
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
