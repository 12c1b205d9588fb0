"""What systemd is told of a service (`Type=notify`, `WatchdogSec=`): see sd_notify(3)."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Mapping

from runtime.events import SourceEvent
from runtime.printable import printable
from runtime.result import Result
from runtime.sinks.terminal import describe_event

_STATUS_SECONDS = 1.0


class Notify:
    """A sink that sees every frame: READY=1 with the first one, STATUS= at most once a second, WATCHDOG=1 in time.

    Nothing is sent but when a frame has been classified, so a camera or an interpreter that hangs stops the
    watchdog's pings and the service is started again. Sending never waits.

    Args:
        address: of systemd's datagram socket; `@name` is an abstract one.
        watchdog: seconds within which systemd expects a ping; None for no watchdog.
        clock: monotonic seconds.
    """

    def __init__(
        self, address: str, watchdog: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._ping_every = None if watchdog is None else watchdog / 2
        self._clock = clock
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._is_ready = False
        self._pinged_at = -float("inf")
        self._status_at = clock()
        self._frames = 0

    def write(self, result: Result) -> None:
        now = self._clock()
        self._frames += 1
        if not self._is_ready:
            self._is_ready = self._send(f"READY=1\nSTATUS={_shown(result)}")
        if self._ping_every is not None and now - self._pinged_at >= self._ping_every and self._send("WATCHDOG=1"):
            self._pinged_at = now
        if now - self._status_at >= _STATUS_SECONDS:
            self._send(f"STATUS={_shown(result)}, {self._frames / (now - self._status_at):.1f} fps")
            self._status_at, self._frames = now, 0

    def write_event(self, event: SourceEvent) -> None:
        self._send(f"STATUS={describe_event(event)}")

    def close(self) -> None:
        self._send("STOPPING=1")
        self._socket.close()

    def _send(self, message: str) -> bool:
        """Whether systemd took it; when its queue is full it is tried again with a later frame."""
        with contextlib.suppress(OSError):
            self._socket.sendto(message.encode("utf-8", "replace"), self._address)
            return True
        return False


def open_notify(environment: Mapping[str, str]) -> Notify | None:
    """What a process with these environment variables owes its service manager; None where there is none."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return None
    microseconds = environment.get("WATCHDOG_USEC", "")
    is_watched = (
        microseconds.isdigit() and int(microseconds) and environment.get("WATCHDOG_PID") in (None, str(os.getpid()))
    )
    return Notify(address, int(microseconds) / 1e6 if is_watched else None)


def _shown(result: Result) -> str:
    return printable(f"{result.label} {result.score:.0%}")
