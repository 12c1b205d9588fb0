"""What systemd hears: a real datagram socket stands for it, a clock made by hand for the time."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from runtime.events import SourceEvent
from runtime.sinks.systemd import Notify, open_notify
from tests.runtime.results import labelled


class Systemd:
    """The service manager's end."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(65536).decode())
            except BlockingIOError:
                return messages

    def close(self) -> None:
        self._socket.close()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    address = str(tmp_path / "notify") if request.param == "path" else f"@edgeframe-test-{os.getpid()}"
    with closing(Systemd(address)) as listening:
        yield listening


def test_ready_is_told_with_the_first_result_and_not_before(systemd: Systemd) -> None:
    with closing(Notify(systemd.address)) as notify:
        notify.write_event(SourceEvent("shed", "opening"))
        assert not any("READY" in message for message in systemd.heard())
        notify.write(labelled("cat", 0.93))
        assert systemd.heard() == ["READY=1\nSTATUS=cat 93%"]
        notify.write(labelled("cat"))
        assert systemd.heard() == []
    assert systemd.heard() == ["STOPPING=1"]


def test_the_status_has_label_and_rate_once_a_second(systemd: Systemd) -> None:
    clock = Clock()
    with closing(Notify(systemd.address, clock=clock)) as notify:
        for _ in range(40):
            notify.write(labelled("cat", 0.5))
            clock.now += 0.125
        assert systemd.heard()[1:] == ["STATUS=cat 50%, 9.0 fps", *["STATUS=cat 50%, 8.0 fps"] * 3]


def test_the_watchdog_hears_of_frames_twice_in_its_time_and_of_nothing_else(systemd: Systemd) -> None:
    clock = Clock()
    with closing(Notify(systemd.address, watchdog=10, clock=clock)) as notify:
        pings = []
        for second in range(20):
            notify.write(labelled("cat"))
            pings += [second for message in systemd.heard() if message == "WATCHDOG=1"]
            clock.now += 1
        assert pings == [0, 5, 10, 15]
        clock.now += 60
        notify.write_event(SourceEvent("shed", "stalled", "no frame for 5 s"))
        assert systemd.heard() == ["STATUS=shed: stalled (no frame for 5 s)"]


def test_a_label_cannot_forge_a_message(systemd: Systemd) -> None:
    with closing(Notify(systemd.address)) as notify:
        notify.write(labelled("cat\nWATCHDOG=trigger\udcff"))
    assert systemd.heard()[0].splitlines()[1:] == ["STATUS=cat?WATCHDOG=trigger? 90%"]


def test_a_deaf_service_manager_holds_nothing_up_and_ready_is_told_when_it_hears_again(systemd: Systemd) -> None:
    clock = Clock()
    with closing(Notify(systemd.address, clock=clock)) as notify:
        for _ in range(2000):  # many times the queue of a datagram socket
            notify.write_event(SourceEvent("shed", "opening"))
        notify.write(labelled("cat"))
        assert not any("READY" in message for message in systemd.heard())
        notify.write(labelled("cat"))
        assert "READY=1" in systemd.heard()[0]


def test_without_a_listener_nothing_is_raised(tmp_path: Path) -> None:
    with closing(Notify(str(tmp_path / "nobody"))) as notify:
        notify.write(labelled("cat"))


def test_the_environment_tells_where_and_how_often(systemd: Systemd) -> None:
    assert open_notify({}) is None
    assert open_notify({"NOTIFY_SOCKET": "vsock:2:1"}) is None
    for pid, expected in ((str(os.getpid()), True), ("1", False)):
        opened = open_notify({"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": pid})
        assert opened is not None
        with closing(opened) as notify:
            notify.write(labelled("cat"))
        assert ("WATCHDOG=1" in systemd.heard()) is expected
