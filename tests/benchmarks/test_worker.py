"""What the process in which one thing is measured does between its turns."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
import time

import pytest

from benchmarks.worker import wait_until_idle


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells which threads run")
def test_a_process_gives_its_turn_away_when_its_threads_sleep() -> None:
    """A thread of native code stands for a backend's, which go on for a while after a run."""
    begun, ended = threading.Event(), []

    def work() -> None:
        begun.set()
        hashlib.pbkdf2_hmac("sha256", b"", b"", 1_000_000)
        ended.append(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    time.sleep(0.05)  # until it is in native code
    wait_until_idle(most_seconds=60)
    waited_until = time.monotonic()
    thread.join()
    assert waited_until >= ended[0] - 0.05


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells which threads run")
def test_threads_that_never_sleep_hold_nothing_up_for_ever() -> None:
    command = "import threading, benchmarks.worker as w; threading.Thread(target=lambda: [0 for _ in iter(int, 1)], "
    command += "daemon=True).start(); w.wait_until_idle(0.2); print('goes on')"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout == "goes on\n"
