"""Several files in one go, and what their losses may be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from convert.cli import main
from runtime.card_file import read_card
from tests.convert.conftest import Trained
from tests.convert.networks import spoil_features

Capture = pytest.CaptureFixture[str]


def convert(trained: Trained, model: Path, out: Path, *options: str) -> int:
    few = ["--calibration-images", "30", "--check-images", "60", "--golden", "none"]
    return main([str(model), "--calibrate", str(trained.data), "--out", str(out), *few, *options])


def test_a_family_is_made_in_one_go_with_a_table_at_the_end(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "family"
    assert convert(colours, colours.model, out, "--to", "tflite,onnx", "--recipe", "float32,dynamic") == 0
    files = sorted(path.name for path in out.iterdir())
    expected = [f"colours_{recipe}.{form}" for recipe in ("dynamic", "float32") for form in ("onnx", "tflite")]
    assert files == expected
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["file", "size", "top-1", "agreement", "latency"]
    assert sorted(line.split()[0] for line in lines[:4]) == expected
    assert all("100.0%" in line and line.endswith(" ms") for line in lines[:4])
    assert "60 pictures that did not calibrate them (test)" in lines[4]
    assert all(read_card(out / name) is not None for name in files)


def test_the_table_says_what_each_file_computes_which_delegates_take_it_and_what_breaks_it(
    colours: Trained, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "family"
    assert convert(colours, colours.model, out, "--to", "tflite,onnx", "--recipe", "float32,int8") == 0
    lines = capsys.readouterr().out.partition("\n\n")[2].splitlines()
    assert lines[0].split("  ")[0] == "file"
    assert lines[0].split()[1:] == ["operators", "MACs", "parameters", "activations", "taken", "whole", "by"]
    assert [line.split()[0] for line in lines[1:5]] == [
        f"colours_{recipe}.{form}" for form in ("tflite", "onnx") for recipe in ("float32", "int8")
    ]
    # 12 x 12 cells of 40 channels, from 27 values, then 9, then 40 of each; and 40 by 3 at the end.
    macs = 12 * 12 * 40 * (27 + 9 + 40) + 40 * 3
    assert all(f" {macs / 1e3:.1f} k " in line and " kB " in line for line in lines[1:5])
    assert [line.split(" kB ")[1].strip() for line in lines[1:5]] == ["XNNPACK, GPU", "GPU, Edge TPU", "-", "-"]
    told = " ".join(" ".join(lines[6:]).split())
    assert "colours_float32.tflite: 2 ADD, 2 CONV_2D, " in told
    assert "; not by Edge TPU: needs int8 all through, has float32 colours_int8.tflite: 2 QUANTIZE, " in told
    assert (
        "; not by XNNPACK: QUANTIZE uint8 to int8, SOFTMAX int8, QUANTIZE int8 to uint8 colours_float32.onnx: " in told
    )
    assert max(map(len, lines)) <= 100


def test_a_single_file_says_all_of_it_too(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    assert convert(colours, colours.model, tmp_path / "a.tflite", "--recipe", "int8") == 0
    told = capsys.readouterr().out
    assert "\noperators         2 QUANTIZE, " in told
    assert " parameters, " in told
    assert "\nXNNPACK           can take " in told
    assert "\nEdge TPU          can take it whole" in told


def test_one_that_fails_does_not_hide_the_others(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    spoilt, out = spoil_features(colours.model, tmp_path / "spoilt.keras"), tmp_path / "family"
    assert convert(colours, spoilt, out, "--to", "tflite", "--recipe", "int8,float32") == 1
    assert [path.name for path in out.iterdir()] == ["spoilt_float32.tflite"]
    told = capsys.readouterr()
    assert told.err.startswith("convert: ")
    assert told.err.count("\n") == 1
    assert "spoilt_int8.tflite: not written; it agrees" in told.err
    assert [line.split()[:2] for line in told.out.splitlines() if "failed" in line] == [
        ["spoilt_int8.tflite", "failed"]
    ]


def test_pictures_that_are_answered_otherwise_are_saved_with_both_answers(colours: Trained, tmp_path: Path) -> None:
    spoilt, folder = spoil_features(colours.model, tmp_path / "spoilt.keras"), tmp_path / "seen" / "differences"
    assert convert(colours, spoilt, tmp_path, "--to", "tflite", "--save-differences", str(folder)) == 1
    saved = sorted(folder.iterdir())
    assert saved
    colour_names = "red|green|blue"
    for path in saved:
        with Image.open(path) as picture:
            assert (picture.size, picture.mode) == ((24, 24), "RGB")
        name, _, answers = path.stem.partition(".tflite-")
        _, _, original, _, converted = answers.split("-")
        assert name == "spoilt_int8"
        assert original in colour_names
        assert converted in colour_names
        assert original != converted


def test_a_loss_of_more_top1_than_allowed_is_refused(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    spoilt = spoil_features(colours.model, tmp_path / "spoilt.keras")
    bounds = ("--min-agreement", "0", "--max-drop", "5")
    assert convert(colours, spoilt, tmp_path, "--to", "tflite", *bounds) == 1
    assert "more than --max-drop 5" in capsys.readouterr().err
    assert convert(colours, colours.model, tmp_path, "--to", "tflite", *bounds) == 0


def test_a_drop_cannot_be_bounded_by_pictures_without_labels(
    colours: Trained, photos: Path, tmp_path: Path, capsys: Capture
) -> None:
    unlabelled = Trained(colours.model, photos)
    options = ("--to", "tflite", "--recipe", "float32", "--max-drop", "5")
    # Before anything is made, and so in one line for all files.
    assert convert(unlabelled, colours.model, tmp_path, *options, "--recipe", "float32,float16") == 1
    told = capsys.readouterr().err
    assert "its pictures have no labels, so --max-drop 5 cannot be checked" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("ranges", ["minmax", "percentile", "entropy"])
def test_onnx_ranges_are_measured_as_asked_and_the_card_says_so(
    colours: Trained, tmp_path: Path, capsys: Capture, ranges: str
) -> None:
    out = tmp_path / "colours.onnx"
    assert convert(colours, colours.model, out, "--calibration", ranges) == 0
    # And nothing of what onnxruntime prints on the way.
    assert capsys.readouterr().out.startswith("file ")
    card = read_card(out)
    assert card is not None
    assert any(tool.endswith(f", {ranges})") for tool in card.provenance.tools)


@pytest.mark.parametrize("recipe", ["float32", "int8"])
def test_an_onnx_file_has_a_static_batch_on_request(colours: Trained, tmp_path: Path, recipe: str) -> None:
    out = tmp_path / "static.onnx"
    assert convert(colours, colours.model, out, "--recipe", recipe, "--batch", "1") == 0
    session = onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"])
    (taken,), (given,) = session.get_inputs(), session.get_outputs()
    assert (taken.shape, given.shape) == ([1, 24, 24, 3], [1, 3])
    (scores,) = session.run(None, {"image": np.zeros(taken.shape, np.uint8 if recipe == "int8" else np.float32)})
    assert scores.shape == (1, 3)
