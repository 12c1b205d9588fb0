"""`python -m benchmarks peers`: who takes part, what is claimed, and how it is told. No test is timed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.peers.camera import serve_camera
from benchmarks.peers.claim import AT_LEAST, AT_MOST, Claim, format_claims
from benchmarks.peers.loops import LOOPS
from benchmarks.peers.numbered import COUNT, encode_jpegs, read_number
from benchmarks.peers.table import INVOKE, OURS_RGB, OURS_YUV, PEERS
from benchmarks.peers.throughput import classify, classify_in_turn
from benchmarks.peers.turns import measure_in_turns
from runtime.card import Fit, InputSize
from runtime.errors import SourceError
from runtime.image import fit_image
from runtime.picture import open_picture
from tests.conftest import ROOT, Run

pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed: pip install 'edgeframe[tflite]'")

GREEN = 1


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A green picture of 720p."""
    path = tmp_path_factory.mktemp("photo") / "green.jpg"
    Image.new("RGB", (1280, 720), (10, 220, 10)).save(path)
    return path


@pytest.mark.parametrize("name", [name for name, peer in PEERS.items() if peer.model == ".tflite"])
def test_every_peer_sees_what_is_on_the_frame(name: str, models: Path, photo: Path) -> None:
    if not PEERS[name].is_installed:
        pytest.skip(f"{name} is not installed: {PEERS[name].remedy}")
    if name == "mediapipe":
        pytest.skip("wants TFLite Metadata, which this tiny model has not; see tests/convert/test_other_readers.py")
    loop = LOOPS[name](models / "rgb_int8.tflite", photo)
    assert [loop(number) for number in range(6)] == [GREEN] * 6


@pytest.mark.parametrize("name", [name for name, peer in PEERS.items() if peer.model == ".onnx"])
def test_every_peer_of_the_onnx_sees_what_is_on_the_frame(name: str, models: Path, photo: Path) -> None:
    if not PEERS[name].is_installed:
        pytest.skip(f"{name} is not installed: {PEERS[name].remedy}")
    # In a process of its own: Ultralytics changes the environment, and loads torch.
    rounds = measure_in_turns(
        [name], {".onnx": models / "rgb_float32.onnx"}, photo, rounds=1, frames=1, progress=lambda done, total: None
    )
    *_, measured = rounds
    assert measured[name].problem == ""
    assert measured[name].best == GREEN


def test_every_row_has_its_loop() -> None:
    assert PEERS.keys() == LOOPS.keys()


def test_peers_take_turns_and_one_that_cannot_says_why(models: Path, photo: Path) -> None:
    told: list[tuple[int, int]] = []
    names = [INVOKE, OURS_YUV, OURS_RGB, "onnxruntime"]
    rounds = measure_in_turns(
        names,
        {".tflite": models / "rgb_int8.tflite"},
        photo,
        rounds=2,
        frames=3,
        progress=lambda done, total: told.append((done, total)),
    )
    *_, measured = rounds
    assert told == [(1, 2), (2, 2)]
    for name in names[:3]:
        assert [len(times) for times in measured[name].seconds] == [3, 3]
        assert [len(times) for times in measured[name].cpu_seconds] == [3, 3]
        assert measured[name].best == GREEN
        assert min(min(times) for times in measured[name].seconds) > 0
    assert measured["onnxruntime"].problem != ""
    assert measured["onnxruntime"].seconds == []


def test_a_model_that_a_peer_refuses_is_its_problem(tmp_path: Path, photo: Path) -> None:
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"no model")
    *_, measured = measure_in_turns(
        [INVOKE], {".tflite": broken}, photo, rounds=1, frames=1, progress=lambda done, total: None
    )
    assert measured[INVOKE].problem.startswith("refuses broken.tflite: ")


def test_claims_are_held_or_missed_by_the_ratio_of_rounds() -> None:
    slow, quick = ((0.24,), (0.36,), (0.24,)), ((0.2,), (0.3,), (0.2,))
    assert Claim("ours", "bare", slow, quick, AT_MOST, 1.21).is_held
    assert not Claim("ours", "bare", slow, quick, AT_MOST, 1.19).is_held
    assert Claim("theirs", "ours", slow, quick, AT_LEAST, 1.19).is_held
    assert not Claim("theirs", "ours", slow, quick, AT_LEAST, 1.21).is_held
    assert Claim("only", "told", slow, quick).is_held
    table = format_claims([Claim("theirs", "ours", slow, quick, AT_LEAST, 1.21)])
    header, _, row = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines())
    assert header == ["what", "against", "ratio (95 %)", "bar", "held"]
    assert row == ["theirs", "ours", "x 1.20 (1.20 to 1.20)", "at least x 1.21", "missed"]


def test_claims_that_make_no_sense_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="expected as many"):
        Claim("ours", "bare", ((1.0,),), ())
    with pytest.raises(ValueError, match="expected at most or at least"):
        Claim("ours", "bare", ((1.0,),), ((1.0,),), "about", 1.0)


def test_a_number_is_read_again_after_the_jpeg_and_the_fit() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (360, 640, 3), np.uint8)
    contents = encode_jpegs(Image.fromarray(noise))
    assert len(contents) == COUNT
    for fit in (Fit("crop", 0.875), Fit("squash"), Fit("letterbox")):
        fitted = [fit_image(open_picture(content), InputSize(96, 96, 3), fit) for content in contents]
        assert [read_number(image) for image in fitted] == list(range(COUNT))


@pytest.mark.parametrize("kind", ["mjpeg", "h264", "mpegts"])
def test_the_camera_tells_when_it_sent_each_frame(photo: Path, kind: str) -> None:
    import av

    started = time.monotonic()
    with serve_camera(photo, 50, kind) as camera, av.open(camera.url, timeout=10) as container:
        numbers = [
            read_number(frame.to_ndarray(format="rgb24")) for frame in islice(container.decode(video=0), COUNT + 5)
        ]
        ended = time.monotonic()
    # PyAV may leave out the first.
    assert numbers == [(numbers[0] + step) % COUNT for step in range(COUNT + 5)]
    assert len(camera.sent_at) >= COUNT + 5
    assert started < camera.sent_at[0] < ended
    assert camera.sent_at == sorted(camera.sent_at)


def test_both_sides_of_a_folder_and_of_a_video_see_the_same(models: Path, photo: Path, tmp_path: Path) -> None:
    from benchmarks.peers.many_frames import write_video

    model = str(models / "rgb_int8.tflite")
    (tmp_path / "pictures").mkdir()
    for number in range(4):
        (tmp_path / "pictures" / f"{number}.jpg").write_bytes(photo.read_bytes())
    assert list(classify(model, str(tmp_path / "pictures"))) == [GREEN] * 4
    assert list(classify_in_turn("pictures", model, str(tmp_path / "pictures"))) == [GREEN] * 4
    write_video(photo, tmp_path / "video.avi")
    assert list(islice(classify(model, str(tmp_path / "video.avi")), 5)) == [GREEN] * 5
    assert list(islice(classify_in_turn("video", model, str(tmp_path / "video.avi")), 5)) == [GREEN] * 5
    with pytest.raises(SourceError):
        list(classify(model, str(tmp_path / "none.avi")))


def test_the_command_tells_every_peer_and_keeps_every_raw_figure(
    run: Run, models: Path, photo: Path, tmp_path: Path
) -> None:
    done = run(
        *("benchmarks", "peers", "--what", "frames", "--model", models / "rgb_int8.tflite", "--photo", photo),
        *("--rounds", 2, "--frames", 2, "--out", tmp_path),
    )
    # Whether the bars hold with two rounds on a busy machine is not for a test to say.
    assert done.returncode in (0, 1)
    assert done.stderr == ""
    kept = json.loads((tmp_path / "peers.json").read_text())
    assert kept["peers"].keys() == PEERS.keys()
    assert [len(times) for times in kept["peers"][OURS_RGB]["cpu_seconds"]] == [2, 2]
    claims = {(claim["what"], claim["against"]) for claim in kept["claims"]}
    assert claims >= {(PEERS[ours].title, PEERS[INVOKE].title) for ours in (OURS_YUV, OURS_RGB)}
    assert "--onnx FILE" in done.stdout
    assert f"| {OURS_YUV}" in done.stdout


def test_an_unknown_peer_or_part_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    for option in ("--only", "--what"):
        done = run("benchmarks", "peers", option, "nobody", "--out", tmp_path)
        assert done.returncode == 2
        assert f"{option} nobody: expected one of " in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_photo_or_model_that_is_missing_is_one_line(run: Run, models: Path, photo: Path, tmp_path: Path) -> None:
    for arguments, words in (
        (("--photo", tmp_path / "none.jpg"), "none.jpg: no such file"),
        (("--photo", photo, "--model", tmp_path / "none.tflite"), "none.tflite: no such file"),
        (("--photo", photo, "--onnx", tmp_path / "none.onnx"), "none.onnx: no such file"),
    ):
        done = run("benchmarks", "peers", *arguments, "--out", tmp_path)
        assert done.returncode == 1
        assert words in done.stderr
        assert done.stderr.count("\n") == 1


def test_ctrl_c_leaves_what_was_measured(models: Path, photo: Path, tmp_path: Path) -> None:
    model = models / "rgb_int8.tflite"
    command = ["peers", "--what", "frames", "--only", f"{INVOKE},{OURS_YUV}", "--model", model, "--photo", photo]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", *map(str, command), "--rounds", "100000", "--out", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    _wait_for_rounds(tmp_path / "peers.json", process)
    # As a terminal does it: to the workers, too.
    os.killpg(process.pid, signal.SIGINT)
    told, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "")
    assert "interrupted; so far:" in told
    assert f"| {OURS_YUV}" in told
    assert len(json.loads((tmp_path / "peers.json").read_text())["peers"][INVOKE]["seconds"]) >= 2


def _wait_for_rounds(file: Path, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None
        if file.exists() and len(json.loads(file.read_text())["peers"][INVOKE]["seconds"]) >= 2:
            return
        time.sleep(0.05)
    raise AssertionError("no rounds within a minute")
