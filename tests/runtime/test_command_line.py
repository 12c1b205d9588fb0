"""The command `runtime` as its users type it."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from examples.clips import write_clip
from tests.conftest import ROOT, Run

GREEN = np.broadcast_to(np.uint8((0, 255, 0)), (64, 96, 3)).copy()
FIELDS = {"source", "index", "captured_at", "predictions", "age_ms", "prepare_ms", "invoke_ms", "total_ms"}


@pytest.fixture
def model(models: Path) -> Path:
    return models / "rgb_int8.tflite"


@pytest.fixture
def green(tmp_path: Path) -> Path:
    Image.fromarray(GREEN).save(tmp_path / "green.png")
    return tmp_path / "green.png"


def test_in_a_pipe_each_frame_is_one_json_object(run: Run, model: Path, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "green.mp4", [GREEN] * 4)
    before = time.time()
    done = run("runtime", "classify", "--camera", clip, "--model", model, "--top", 2)
    assert done.returncode == 0
    assert done.stderr == ""
    frames = [json.loads(line) for line in done.stdout.splitlines()]
    assert [frame["index"] for frame in frames] == [0, 1, 2, 3]
    for frame in frames:
        assert set(frame) == FIELDS
        assert frame["source"] == str(clip)
        assert before <= frame["captured_at"] <= time.time()
        assert [set(prediction) for prediction in frame["predictions"]] == [{"label", "index", "score"}] * 2
        assert frame["predictions"][0]["label"] == "green"
        assert frame["predictions"][0]["index"] == 1
        assert frame["prepare_ms"] + frame["invoke_ms"] <= frame["total_ms"] <= frame["age_ms"]


def test_max_frames_counts_frames_over_all_sources(run: Run, model: Path, green: Path) -> None:
    done = run("runtime", "classify", green, green, green, "--model", model, "--max-frames", 2, "--json")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2


def test_the_threshold_leaves_out_lower_scores(run: Run, model: Path, green: Path) -> None:
    done = run("runtime", "classify", green, "--model", model, "--threshold", 0.5)
    assert [prediction["label"] for prediction in json.loads(done.stdout)["predictions"]] == ["green"]


def on_terminal(*arguments: object, **environment: str) -> str:
    """What a terminal of 80 columns shows of `runtime arguments...`."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "runtime", *map(str, arguments)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=follower, stdin=follower, env={**os.environ, "COLUMNS": "80", **environment}
    ) as process:
        os.close(follower)
        shown = b""
        while select.select([leader], [], [], 60)[0]:
            try:
                shown += os.read(leader, 65536)
            except OSError:
                break
        assert process.wait(timeout=60) == 0
    os.close(leader)
    return shown.decode()


def test_on_a_terminal_a_picture_is_a_line(model: Path, green: Path) -> None:
    shown = on_terminal("classify", green, green, "--model", model)
    lines = shown.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"{green}: green 100 %") for line in lines)


def test_on_a_terminal_a_camera_is_one_live_line(model: Path) -> None:
    shown = on_terminal("classify", "--camera", "test", "--model", model, "--max-frames", 30)
    assert shown.count("\n") == 1
    assert shown.count("\r") > 3
    assert " fps" in shown
    assert all(len(part) <= 79 + len("\x1b[K") for part in shown.replace("\n", "").split("\r"))


def test_a_terminal_that_is_not_utf_8_is_shown_what_it_has(model: Path, tmp_path: Path) -> None:
    arguments = ["classify", "--camera", "test", "--model", model, "--max-frames", 3]
    assert "#" in on_terminal(*arguments, PYTHONIOENCODING="latin-1")
    Image.fromarray(GREEN).save(tmp_path / "café.png")
    shown = on_terminal("classify", tmp_path / "café.png", "--model", model, PYTHONIOENCODING="ascii")
    assert "caf?.png: green 100 %" in shown


def test_ctrl_c_ends_a_camera_quietly(model: Path) -> None:
    for sent, expected in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        command = [sys.executable, "-m", "runtime", "classify", "--camera", "test", "--model", str(model)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(sent)
            _, complaints = process.communicate(timeout=20)
        assert process.returncode == expected
        assert complaints == ""


_THREADS_AND_SETTING = """import os, sys
from runtime.cli import main
status = main(sys.argv[1:])
print(len(os.listdir("/proc/self/task")), os.environ.get("OPENBLAS_NUM_THREADS"))
sys.exit(status)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux counts a process's threads there")
@pytest.mark.parametrize("setting", [None, "3"])
def test_numpy_starts_no_threads_and_what_is_started_later_is_told_nothing(
    model: Path, green: Path, setting: str | None
) -> None:
    """Unless the user wants them."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    if setting:
        environment["OPENBLAS_NUM_THREADS"] = setting
    command = [sys.executable, "-c", _THREADS_AND_SETTING, "classify", str(green), "--model", str(model), "--threads=1"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    threads, found = done.stdout.splitlines()[-1].split()
    assert found == str(setting)
    assert setting or threads == "1"


def test_a_reader_that_has_had_enough_ends_it_quietly(model: Path) -> None:
    command = f"{sys.executable} -m runtime classify --camera test --model {model} | head -n 1"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert len(done.stdout.splitlines()) == 1
    assert json.loads(done.stdout)["source"] == "test"
    assert done.stderr == ""


@pytest.mark.parametrize("command", ["classify", "info", "bench", "tune", "selftest", "doctor", ""])
def test_help_names_every_command_and_shows_examples(run: Run, command: str) -> None:
    done = run("runtime", *filter(None, [command]), "--help")
    assert done.returncode == 0
    assert command in done.stdout
    if command not in ("info", "doctor"):
        assert "examples:\n" in done.stdout


def test_info_shows_the_card_and_the_tensors(run: Run, models: Path) -> None:
    shown = run("runtime", "info", models / "rgb_int8.tflite").stdout
    assert "labels      3: red, green, blue" in shown
    assert "1x8x8x3 uint8, scale 1, zero point 0" in shown
    fields = json.loads(run("runtime", "info", models / "rgb_float32.onnx", "--json").stdout)
    assert fields["card"]["labels"] == ["red", "green", "blue"]
    assert fields["input"]["shape"] == [-1, 8, 8, 3]
    assert fields["input"]["dtype"] == "float32"
    assert fields["size_bytes"] == (models / "rgb_float32.onnx").stat().st_size
    assert "onnx" in fields["backends"]


def test_info_shows_nothing_hostile(run: Run, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    network = onnx.load(ROOT / "tests" / "models" / "rgb_float32.onnx")
    hostile, name = "\x1b[2Jowned", network.graph.output[0].name
    network.graph.output[0].name = hostile
    for node in network.graph.node:
        node.output[:] = [hostile if output == name else output for output in node.output]
    onnx.save(network, tmp_path / "hostile.onnx")
    done = run("runtime", "info", tmp_path / "hostile.onnx")
    assert "?[2Jowned" in done.stdout
    assert "\x1b" not in done.stdout


def test_bench_keeps_every_raw_time(run: Run, model: Path) -> None:
    fields = json.loads(run("runtime", "bench", model, "--runs", 20, "--threads", 1, "--json").stdout)
    assert fields["threads"] == 1
    assert {len(fields["latency_s"][name]) for name in ("prepare", "invoke", "total")} == {20}
    assert all(total >= invoke for total, invoke in zip(fields["latency_s"]["total"], fields["latency_s"]["invoke"]))
    assert 0 < fields["load_s"] < fields["time_to_first_result_s"]
    assert fields["peak_memory_bytes"] > 10_000_000
    shown = run("runtime", "bench", model, "--runs", 5).stdout
    assert all(word in shown for word in ("p50", "p90", "p99", "prepare", "invoke", "total", "peak memory"))


def test_bench_tells_that_a_raspberry_pi_was_slowed_down(run: Run, model: Path, tmp_path: Path) -> None:
    tool = tmp_path / "vcgencmd"
    tool.write_text("#!/bin/sh\necho throttled=0x50004\n")
    tool.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    fields = json.loads(run("runtime", "bench", model, "--runs", 1, "--json", env=environment).stdout)
    assert fields["is_throttled"] is True
    assert {"temperature_celsius", "other_load_cores", "swapped_pages"} <= fields.keys()


def test_doctor_tells_what_is_here(run: Run) -> None:
    done = run("runtime", "doctor")
    assert done.returncode == 0, done.stdout
    assert "the default model classifies a picture" in done.stdout
    assert "numpy" in done.stdout
