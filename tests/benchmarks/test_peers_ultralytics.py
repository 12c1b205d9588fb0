"""Ultralytics as a peer: the same network, and nothing left behind."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.errors import BenchmarkError
from benchmarks.peers.table import PEERS
from benchmarks.peers.ultralytics_loop import write_for_ultralytics
from runtime.backends.onnx import import_onnxruntime
from tests.conftest import Run


def test_the_network_for_ultralytics_answers_as_the_one_that_it_was_made_of(models: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed: make install")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: make install")
    original, theirs = (
        import_onnxruntime().InferenceSession(str(path), providers=["CPUExecutionProvider"])
        for path in (models / "rgb_float32.onnx", _written(models / "rgb_float32.onnx", tmp_path))
    )
    (taken,) = original.get_inputs()
    picture = np.random.default_rng(0).integers(0, 256, (1, *taken.shape[1:])).astype(np.float32)
    (expected,) = original.run(None, {taken.name: picture})
    (found,) = theirs.run(None, {theirs.get_inputs()[0].name: picture.transpose(0, 3, 1, 2) / 255})
    # A 255th and 255 times it is not always the same float.
    assert found == pytest.approx(expected, abs=1e-5)
    told = theirs.get_modelmeta().custom_metadata_map
    assert told["task"] == "classify"
    assert told["names"] == "{0: 'red', 1: 'green', 2: 'blue'}"


def test_a_file_without_a_card_cannot_be_written_for_ultralytics(models: Path, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: make install")
    bare = onnx.load(models / "rgb_float32.onnx")
    del bare.metadata_props[:]
    onnx.save(bare, tmp_path / "bare.onnx")
    with pytest.raises(BenchmarkError, match="has no model card"):
        write_for_ultralytics(tmp_path / "bare.onnx", tmp_path / "theirs.onnx")


def test_ultralytics_leaves_nothing_in_the_home_or_temporary_folder(run: Run, models: Path, tmp_path: Path) -> None:
    peer = PEERS["ultralytics"]
    if not peer.is_installed:
        pytest.skip(f"Ultralytics is not installed: {peer.remedy}")
    home, temporary, out = (tmp_path / name for name in ("home", "temporary", "out"))
    home.mkdir()
    temporary.mkdir()
    Image.new("RGB", (1280, 720), (10, 220, 10)).save(tmp_path / "green.jpg")
    environment = {**os.environ, "HOME": str(home), "TMPDIR": str(temporary)}
    del environment["ORT_DISABLE_TELEMETRY"]  # tests.conftest's
    done = run(
        *("benchmarks", "peers", "--what", "frames", "--only", "ultralytics", "--onnx", models / "rgb_float32.onnx"),
        *("--photo", tmp_path / "green.jpg", "--rounds", 1, "--frames", 1, "--out", out),
        env=environment,
    )
    assert done.returncode == 0
    measured = json.loads((out / "peers.json").read_text())["peers"]["ultralytics"]
    assert measured["problem"] == ""
    assert len(measured["seconds"]) == 1
    assert not list(home.iterdir())
    assert not list(temporary.iterdir())


def _written(model: Path, folder: Path) -> Path:
    path = folder / "theirs.onnx"
    write_for_ultralytics(model, path)
    return path
