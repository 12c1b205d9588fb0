"""examples/edgeframe.service, against what `runtime classify` does and what systemd makes of it; and the playbook that
brings it to devices, which only Ansible reads here: it takes a device of one's own to run it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import ROOT, Run
from tests.runtime.results import wait_until
from tests.runtime.test_legacy_environments import make_environment
from tests.runtime.test_sinks_systemd import Systemd

UNIT = ROOT / "examples" / "edgeframe.service"
SETTINGS = dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE))
COMMAND = shlex.split(SETTINGS["ExecStart"])


def test_systemd_understands_all_of_it(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze on this machine")
    program = tmp_path / "runtime"
    program.touch(0o755)
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace(COMMAND[0], str(program)))
    done = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, check=False)
    # An unknown setting is a line, and no failure.
    assert [line for line in done.stderr.splitlines() if UNIT.name in line or str(unit) in line] == []
    assert done.returncode == 0


def test_the_service_is_ready_with_a_frame_pings_in_time_and_stops_with_success(tmp_path: Path) -> None:
    assert COMMAND[0].endswith("/bin/runtime")
    assert COMMAND[1:] == ["classify", "@${CREDENTIALS_DIRECTORY}/options"]
    assert SETTINGS["Type"] == "notify"
    name, _, _ = SETTINGS["LoadCredential"].partition(":")
    (tmp_path / name).write_text("# of this test\n--camera test\n--on-change\n")
    credential = COMMAND[2].replace("${CREDENTIALS_DIRECTORY}", str(tmp_path))
    arguments = [sys.executable, "-m", "runtime", "classify", credential]
    address = f"@edgeframe-service-{os.getpid()}"
    with closing(Systemd(address)) as systemd:
        watchdog = str(int(SETTINGS["WatchdogSec"]) * 1_000_000)
        environment = {**os.environ, "NOTIFY_SOCKET": address, "WATCHDOG_USEC": watchdog}
        with subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
            heard: list[str] = []
            wait_until(lambda: heard.extend(systemd.heard()) or "WATCHDOG=1" in heard)
            assert any(message.startswith("READY=1") for message in heard)
            process.terminate()
            assert str(process.wait(20)) in SETTINGS["SuccessExitStatus"].split()


def test_a_wrong_option_is_not_tried_for_ever_and_a_missing_camera_is(run: Run) -> None:
    wrong, missing = run("runtime", "classify", "--nonsense"), run("runtime", "classify", "--camera", "/dev/video999")
    final = SETTINGS["RestartPreventExitStatus"].split()
    assert (str(wrong.returncode) in final, str(missing.returncode) in final) == (True, False)
    assert (SETTINGS["Restart"], SETTINGS["StartLimitIntervalSec"]) == ("always", "0")


@pytest.mark.legacy
def test_ansible_understands_the_playbook(tmp_path: Path) -> None:
    python = make_environment(tmp_path / "venv", "3.11", "ansible-core>=2.17")
    playbook = [
        python.parent / "ansible-playbook",
        "--syntax-check",
        "-i",
        "kitchen,",
        ROOT / "examples" / "devices.yml",
    ]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(tmp_path)}
    done = subprocess.run(playbook, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
