"""`runtime classify --camera` with a camera of the kernel that stalls, is unplugged and is plugged in again, in a
virtual machine that has one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.runtime.virtual_machine import missing_parts, run_in_machine

pytestmark = pytest.mark.kernel_camera
# One to two minutes on a machine with two cores; the rest is for a busy one.
TIMEOUT_SECONDS = 500


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What tests/runtime/kernel_camera.py saw in the machine."""
    return _see("kernel_camera", tmp_path_factory.mktemp("machine"))


@pytest.fixture(scope="module")
def seen_without_pyav(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What tests/runtime/kernel_camera_without_pyav.py saw in the machine."""
    return _see("kernel_camera_without_pyav", tmp_path_factory.mktemp("machine"))


def _see(program: str, folder: Path) -> dict[str, Any]:
    if missing_parts():
        pytest.skip(f"this machine lacks {missing_parts()}: tests/install_parts.sh kernel_camera")
    script = f"cd {ROOT} && PYTHONDONTWRITEBYTECODE=1 {sys.executable} -m tests.runtime.{program}\n"
    status, written = run_in_machine(script, folder, TIMEOUT_SECONDS)
    assert status == 0, written
    shown: dict[str, Any] = json.loads(written.strip().splitlines()[-1])
    return shown


def test_the_camera_is_listed_with_what_it_offers(seen: dict[str, Any]) -> None:
    assert seen["camera"] == ["/dev/video0", "vivid"]
    assert seen["yuyv"]["640x480"][0] == 25
    assert seen["yuyv"]["1280x720"] == [12.5, 10, 5, 4, 2, 1]


def test_a_camera_that_another_program_reads_is_told_with_how_to_find_that(seen: dict[str, Any]) -> None:
    assert seen["busy"] == (
        "runtime: /dev/video0: cannot be read (Device or resource busy); another program reads it, which is named by: "
        "fuser -v /dev/video0\n"
    )


def test_a_camera_that_hangs_or_is_unplugged_is_read_again_when_it_gives_frames(seen: dict[str, Any]) -> None:
    states = [event["state"] for event in seen["events"]]
    lives = [index for index, state in enumerate(states) if state == "live"]
    assert states[0] == "opening"
    assert states[lives[0] + 1 : lives[0] + 4] == ["stalled", "opening", "lost"]
    assert states[lives[1] + 1] == "lost"
    assert [seen["events"][index]["reopenings"] for index in lives[:3]] == [0, 1, 2]
    assert seen["indices"] == sorted(set(seen["indices"]))


def test_each_state_says_why_it_came(seen: dict[str, Any]) -> None:
    reasons = [event["reason"] for event in seen["events"] if event["state"] in ("stalled", "lost")]
    assert all(reasons)
    for part in ("/dev/video0: gave no frame for 3 s", "/dev/video0: did not open within 3 s", "no camera found"):
        assert any(part in reason for reason in reasons)


def test_the_command_ends_as_it_was_told_to_and_not_by_a_crash(seen: dict[str, Any]) -> None:
    assert seen["status"] == 143, seen["error"]
    assert "Traceback" not in seen["error"]


def test_no_picture_outlives_the_memory_of_the_camera(seen: dict[str, Any]) -> None:
    """FFmpeg warns of it, and then crashes. It counts one wrongly that could not be given back to a camera that is
    gone."""
    gone = seen["error"].count("ioctl(VIDIOC_QBUF): No such device")
    assert seen["error"].count("still owned by the caller") <= gone


def test_without_pyav_what_waits_in_the_drivers_buffers_is_passed_over(seen_without_pyav: dict[str, Any]) -> None:
    assert seen_without_pyav["passed_over"] > 0


def test_without_pyav_the_camera_is_read_and_read_again_just_so(seen_without_pyav: dict[str, Any]) -> None:
    states = [event["state"] for event in seen_without_pyav["events"]]
    assert states[:2] == ["opening", "live"]
    assert "stalled" in states
    assert states[-1] == "live"
    assert [event["reopenings"] for event in seen_without_pyav["events"] if event["state"] == "live"] == [0, 1, 2]
    assert seen_without_pyav["indices"] == sorted(set(seen_without_pyav["indices"]))
    assert (seen_without_pyav["status"], seen_without_pyav["error"]) == (143, "")
