"""Another machine over ssh: a real sshd on this machine's loopback, with a key and a home of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.answers import Share
from benchmarks.results_file import read_results
from tests.conftest import ROOT, Run

pytestmark = pytest.mark.ssh
SSHD = shutil.which("sshd", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a user whose ssh knows the host `shed`: this machine, where `runtime` is installed, and
    which says that it is too hot."""
    if SSHD is None or shutil.which("ssh") is None or shutil.which("ssh-keygen") is None:
        pytest.skip("sshd is not installed: tests/install_parts.sh ssh")
    folder = tmp_path_factory.mktemp("ssh")
    folder.chmod(0o700)
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "authorized_keys").write_bytes((folder / "user_key.pub").read_bytes())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = folder / "home"
    home.mkdir()
    make_runtime(folder / "bin" / "runtime")
    make_script(folder / "bin" / "vcgencmd", "echo throttled=0x50004")
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host_key\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nPidFile none\nUsePAM no\nStrictModes no\n"
        f"PermitRootLogin prohibit-password\n"
        f'ForceCommand cd {home} && HOME={home} PATH={folder}/bin:$PATH sh -c "$SSH_ORIGINAL_COMMAND"\n'
    )
    make_ssh(folder / "ssh" / "ssh", folder, port)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where sshd, started by root, wants to be separated
    log = (folder / "sshd.log").open("w")
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "sshd_config"], stderr=log)
    try:
        wait_for_port(port, process)
        yield {
            **os.environ,
            "PATH": f"{folder / 'ssh'}:{os.environ['PATH']}",
            "DEVICE_HOME": str(home),
            "DEVICE_BIN": str(folder / "bin"),
        }
    finally:
        process.terminate()
        process.wait()
        log.close()


def make_runtime(file: Path) -> None:
    make_script(file, f'exec env PYTHONPATH={ROOT} {sys.executable} -m runtime "$@"')


def make_ssh(file: Path, folder: Path, port: int) -> None:
    """The user's own ssh, with a configuration that is not in this user's home."""
    config = folder / "config"
    config.write_text(
        f"Host shed\n  HostName 127.0.0.1\n  Port {port}\n  User {getpass.getuser()}\n"
        f"  IdentityFile {folder}/user_key\n  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {folder}/known_hosts\n  StrictHostKeyChecking accept-new\n"
        f"Host nowhere\n  HostName 127.0.0.1\n  Port 1\n"
    )
    make_script(file, f'exec {shutil.which("ssh")} -F {config} "$@"')


def make_script(file: Path, command: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{command}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.skip("sshd does not start here; see its log")


def test_models_are_measured_on_another_machine_which_keeps_what_was_copied(
    run: Run, device: dict[str, str], models: Path, colours: Path, tmp_path: Path
) -> None:
    model = models / "rgb_int8.tflite"
    settings = ("--data", colours, "--hosts", "shed", "--runs", 1, "--out", tmp_path)
    done = run("benchmarks", "run", model, *settings, env=device)
    assert (done.returncode, done.stderr) == (0, "")
    results = read_results(tmp_path / "results.json")
    here, measurement = sorted(results.measurements, key=lambda m: m.subject.host)  # the order is random
    assert [(m.subject.host, m.subject.backend) for m in (here, measurement)] == [("", "litert"), ("shed", "litert")]
    assert measurement.host.name == socket.gethostname()
    assert [len(part.total_seconds) for part in measurement.rounds] == [1]
    assert [part.conditions.is_throttled for part in measurement.rounds] == [True]
    assert "the processor was throttled in 1 of 2 rounds" in done.stdout
    assert [part.conditions.swapped_pages for part in measurement.rounds] != [None]
    assert all((part.conditions.other_load_cores or 0) >= 0 for part in measurement.rounds)
    answers = results.answers_of(measurement.subject)
    assert answers is not None
    assert answers.top(1) == Share(12, 12)
    assert answers.ranks == (0,) * 12
    assert "shed" in (tmp_path / "results.md").read_text()
    copied = find_copied(device)
    assert set(copied) == {"pictures.tar", "rgb_int8.tflite"}
    assert run("benchmarks", "run", model, *settings, env=device).returncode == 0
    assert copied == find_copied(device)  # the hash of their content says that they are there


def test_the_runtime_there_is_found_where_the_readme_installs_it(
    run: Run, device: dict[str, str], models: Path, colours: Path, tmp_path: Path
) -> None:
    installed = Path(device["DEVICE_BIN"], "runtime")
    elsewhere = Path(device["DEVICE_HOME"], "edgeframe-env/bin/runtime")
    settings = ("--data", colours, "--hosts", "shed", "--runs", 1, "--out", tmp_path)
    arguments = ("benchmarks", "run", models / "rgb_int8.tflite", *settings)
    elsewhere.parent.mkdir(parents=True)
    installed.rename(elsewhere)
    try:
        done = run(*arguments, env=device)
        assert (done.returncode, done.stderr) == (0, "")
        results = read_results(tmp_path / "results.json")
        assert {m.subject.host for m in results.measurements} == {a.host for a in results.answers} == {"", "shed"}
        elsewhere.chmod(0o644)  # nothing there that can be run
        done = run(*arguments, env=device)
    finally:
        elsewhere.rename(installed)
        installed.chmod(0o755)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "benchmarks: shed: has no runtime on its PATH, in ~/edgeframe-env or in /opt/edgeframe"
    )
    assert done.stderr.count("\n") == 1


def find_copied(device: dict[str, str]) -> dict[str, int]:
    """What was copied to the device, with the time of its last change."""
    files = Path(device["DEVICE_HOME"]).rglob("*")
    return {file.name: file.stat().st_mtime_ns for file in files if file.suffix in (".tflite", ".tar")}


def test_a_host_that_cannot_be_reached_is_a_row_for_each_model_and_the_rest_goes_on(
    run: Run, device: dict[str, str], models: Path, colours: Path, tmp_path: Path
) -> None:
    files = (models / "rgb_int8.tflite", models / "rgb_float32.onnx")
    settings = ("--data", colours, "--hosts", "nowhere,shed", "--runs", 1, "--out", tmp_path)
    done = run("benchmarks", "run", *files, *settings, env=device)
    assert done.returncode == 1
    assert done.stderr.startswith("benchmarks: nowhere: cannot be reached (")
    assert done.stderr.endswith("try it: ssh nowhere true; the rest goes on\n")
    assert done.stderr.count("\n") == 1
    results = read_results(tmp_path / "results.json")
    assert [results.title_of(failure) for failure in results.failures] == [f"{file.name} (nowhere)" for file in files]
    assert {m.subject.host for m in results.measurements} == {"", "shed"}
    assert len(results.measurements) == 4


def test_a_model_that_fails_there_is_a_row_and_the_rest_goes_on(
    run: Run, device: dict[str, str], models: Path, colours: Path, tmp_path: Path
) -> None:
    files = (models / "rgb_int8.tflite", models / "rgb_float32.onnx")
    settings = ("--data", colours, "--hosts", "shed", "--runs", 1, "--backend", "onnx,tflite-runtime")
    done = run("benchmarks", "run", *files, *settings, "--out", tmp_path, env=device)
    assert done.returncode == 1
    results = read_results(tmp_path / "results.json")
    assert sorted(results.title_of(failure) for failure in results.failures) == [
        "rgb_int8.tflite (tflite-runtime, 1 thread)",
        "rgb_int8.tflite (tflite-runtime, 1 thread, shed)",
    ]
    assert all("tflite-runtime" in failure.message for failure in results.failures)
    assert {(m.subject.name, m.subject.host) for m in results.measurements} == {
        (files[1].name, ""),
        (files[1].name, "shed"),
    }
