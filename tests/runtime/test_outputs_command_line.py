"""Decisions and outputs of `runtime classify` as a user types them."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from examples.clips import write_clip
from tests.conftest import ROOT, Run
from tests.runtime.broker import free_port
from tests.runtime.results import wait_until
from tests.runtime.test_sinks_command import hanging, is_alive, read_pids
from tests.runtime.test_sinks_systemd import Systemd

RED, GREEN, BLUE = (np.broadcast_to(np.uint8(colour), (64, 96, 3)).copy() for colour in np.eye(3) * 255)


@pytest.fixture
def model(models: Path) -> Path:
    return models / "rgb_int8.tflite"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """30 frames: red, one flash of green, red, blue."""
    return write_clip(tmp_path / "clip.mp4", [RED] * 9 + [GREEN] + [RED] * 10 + [BLUE] * 10)


def classify(model: Path, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "runtime", "classify", "--model", str(model), *map(str, arguments)]


def labels(lines: str) -> list[str]:
    predictions = [json.loads(line)["predictions"] for line in lines.splitlines() if "predictions" in line]
    return [best[0]["label"] if best else "unknown" for best in predictions]


def test_changes_are_reported_and_a_flash_is_not(run: Run, model: Path, clip: Path) -> None:
    done = run("runtime", "classify", "--camera", clip, "--model", model, "--hold", 3, "--on-change")
    assert (done.returncode, done.stderr) == (0, "")
    assert labels(done.stdout) == ["red", "blue"]


def test_only_allowed_labels_win_and_an_unsure_frame_is_unknown(run: Run, model: Path, clip: Path) -> None:
    done = run("runtime", "classify", clip, "--model", model, "--labels-only", "green,blue", "--threshold", 0.5)
    assert set(labels(done.stdout)) == {"unknown", "green", "blue"}
    assert labels(done.stdout)[:10] == ["unknown"] * 9 + ["green"]


def test_several_outputs_at_once_get_the_same(run: Run, model: Path, clip: Path, tmp_path: Path) -> None:
    record = tmp_path / "record"
    program = f"{shlex.quote(sys.executable)} -c 'import sys; open(sys.argv[1], \"a\").write(sys.argv[2] + chr(10))'"
    done = run(
        *("runtime", "classify", clip, "--model", model, "--json", "--hold", 3, "--on-change"),
        *("--out", tmp_path / "out.jsonl", "--save-frames", tmp_path / "frames"),
        *("--exec", f"{program} {shlex.quote(str(record))} {{label}}"),
    )
    # One program runs at a time; on a busy machine a change may pass while it does, which is told.
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if not line.startswith("runtime: --exec ")] == []
    assert (tmp_path / "out.jsonl").read_text() == done.stdout
    assert [path.name.split("_")[2] for path in sorted((tmp_path / "frames").iterdir())] == ["red", "blue"]
    assert record.read_text().splitlines()[-1] == "blue"


def test_a_service_is_watched_scraped_and_ends_when_asked_to(model: Path, tmp_path: Path) -> None:
    port = free_port()
    command = classify(model, "--camera", "test", "--metrics", port, "--out", tmp_path / "out.jsonl")
    with closing(Systemd(str(tmp_path / "notify"))) as systemd:
        environment = {**os.environ, "NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "400000"}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
            heard: list[str] = []
            wait_until(lambda: heard.extend(systemd.heard()) or heard.count("WATCHDOG=1") > 2)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                figures = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line[0] != "#")
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 143
        ready = next(message for message in heard if "READY=1" in message)
        assert ready.startswith("READY=1\nSTATUS=")
        assert "WATCHDOG=1" not in heard[: heard.index(ready)], "nothing is alive before the first result"
        assert systemd.heard()[-1] == "STOPPING=1"
    assert float(figures["edgeframe_frames_total"]) >= 1
    assert 0 <= float(figures["edgeframe_frame_age_seconds"]) < 60
    assert json.loads((tmp_path / "out.jsonl").read_text().splitlines()[-1])


def test_a_reader_that_is_killed_ends_it_quietly(model: Path) -> None:
    reader = subprocess.Popen(
        [sys.executable, "-c", "import sys, time; sys.stdin.readline(); print('read', flush=True); time.sleep(60)"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert reader.stdin is not None and reader.stdout is not None
    with subprocess.Popen(
        classify(model, "--camera", "test"), cwd=ROOT, stdout=reader.stdin, stderr=subprocess.PIPE, text=True
    ) as process:
        reader.stdin.close()
        reader.stdout.readline()
        reader.kill()
        _, complaints = process.communicate(timeout=30)
    reader.wait()
    reader.stdout.close()
    assert (process.returncode, complaints) == (0, "")


def test_dead_outputs_slow_neither_the_frames_nor_the_end(model: Path, tmp_path: Path) -> None:
    hanging = f"{shlex.quote(sys.executable)} -c 'import time; time.sleep(60)'"
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes a connection and says nothing
        address = f"mqtt://user:secret@127.0.0.1:{silent.getsockname()[1]}/shed"
        command = classify(model, "--camera", "test", "--exec", hanging, "--mqtt", address, "--json")
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            indices = [json.loads(process.stdout.readline()).get("index") for _ in range(60)]
            started = time.monotonic()
            process.send_signal(signal.SIGTERM)
            _, complaints = process.communicate(timeout=30)
            ended = time.monotonic()
    assert len(indices) == 60
    assert process.returncode == 143
    assert ended - started < 5  # 2 s, and what a busy machine takes to end a process
    assert "secret" not in complaints
    assert "Traceback" not in complaints


def test_a_terminal_that_closes_leaves_no_program_behind(tmp_path: Path) -> None:
    program = shlex.join(hanging(tmp_path).words)
    command = [sys.executable, "-m", "runtime", "classify", "--camera", "test", "--exec", program]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        wait_until((tmp_path / "pids").exists)
        process.send_signal(signal.SIGHUP)
        assert process.wait(30) == 129
    wait_until(lambda: not any(is_alive(pid) for pid in read_pids(tmp_path)))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_behind_the_standard_output_ends_it_with_the_reason(model: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            classify(model, "--camera", "test"), cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "runtime: the standard output cannot be written (No space left on device)"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--labels-only", "red,gren"), "--labels-only gren: no such label; did you mean green"),
        (("--labels-only", ","), "--labels-only: no label in it"),
        (("--threshold", "2"), "expected 0 to 1"),
        (("--every", "soon"), "soon: expected a time such as 0.5s, 500ms or 1m"),
        (("--hold", "0"), "expected 1 or more"),
        (("--mqtt", "mqtt://user:secret@broker"), "no topic"),
        (("--exec", "say 'cat"), "check its quotes"),
        (("--save-limit", "10"), "--save-limit without --save-frames"),
        (("--metrics", "70000"), "expected a port, 1 to 65535"),
    ],
)
def test_wrong_usage_is_told(run: Run, model: Path, clip: Path, arguments: tuple[str, ...], told: str) -> None:
    done = run("runtime", "classify", clip, "--model", model, *arguments)
    assert done.returncode == 2
    assert told in done.stderr.splitlines()[-1]
    assert "secret" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--out", "/no/such/folder/out.jsonl"), "--out /no/such/folder/out.jsonl: No such file or directory"),
        (("--exec", "no-such-program"), "no-such-program: no such program"),
    ],
)
def test_an_output_that_is_not_there_is_told_before_the_first_frame(
    run: Run, model: Path, clip: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = run("runtime", "classify", clip, "--model", model, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr


def test_a_photo_can_be_saved_whatever_its_label(run: Run, models: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("../../a; rm -rf / $(x)\ngreen\nblue\n")
    Image.fromarray(RED).save(tmp_path / "red.png")
    done = run(
        *("runtime", "classify", tmp_path / "red.png", "--model", models / "rgb_int8.tflite"),
        *("--labels", tmp_path / "labels.txt", "--save-frames", tmp_path / "frames"),
    )
    assert done.returncode == 0, done.stderr
    (saved,) = (tmp_path / "frames").iterdir()
    assert saved.name.endswith("_-a-rm-rf-x-_1.00.jpg")


def test_a_reader_that_stands_still_stops_neither_a_camera_nor_its_other_outputs(model: Path, tmp_path: Path) -> None:
    """The pipe holds 4 KB; three times as much is written to the file meanwhile."""
    out = tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "runtime", "classify", "--camera", "test", "--model", str(model), "--json"]
    read, write = os.pipe()
    with subprocess.Popen([*command, "--out", str(out)], cwd=ROOT, stdout=write, stderr=subprocess.PIPE) as process:
        os.close(write)
        fcntl.fcntl(read, fcntl.F_SETPIPE_SZ, 4096)
        wait_until(lambda: out.exists() and out.stat().st_size > 3 * 4096, 60)
        process.terminate()
        _, told = process.communicate(timeout=60)
    os.close(read)
    assert process.returncode == 143
    assert b"the standard output: " in told and b" results were left out" in told
