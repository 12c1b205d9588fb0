"""Recurrent layers: float32 ONNX has them; a name that says integers is not given to a file that has none there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import onnx
import pytest

from convert.cli import main
from runtime.card import InputSize
from tests.conftest import Run
from tests.convert.conftest import Trained
from tests.convert.networks import COLOUR_LABELS, SIDE, save

Capture = pytest.CaptureFixture[str]


def save_recurrent(path: Path, layer: Any) -> Path:
    """A picture read line by line."""
    import keras

    picture = keras.Input((SIDE, SIDE, 3))
    lines = keras.layers.Reshape((SIDE, SIDE * 3))(keras.layers.Rescaling(1 / 255)(picture))
    scores = keras.layers.Dense(3, activation="softmax")(layer(lines))
    return save(keras.Model(picture, scores), path, COLOUR_LABELS, InputSize(SIDE, SIDE))


@pytest.fixture
def lstm(tmp_path: Path) -> Path:
    import keras

    return save_recurrent(tmp_path / "lines.keras", keras.layers.LSTM(8, name="reader"))


def arguments(model: Path, colours: Trained, out: Path, *more: object) -> list[str]:
    few = ("--calibration-images", 10, "--check-images", 30, "--golden", "none", "--min-agreement", 0)
    return [str(argument) for argument in (model, "--calibrate", colours.data, "--out", out, *few, *more)]


def convert(model: Path, colours: Trained, out: Path, *more: object) -> int:
    return main(arguments(model, colours, out, *more))


def test_tflite_of_it_is_refused_in_a_line_and_the_other_files_are_made(
    lstm: Path, colours: Trained, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "family"
    assert convert(lstm, colours, out, "--to", "tflite,onnx", "--recipe", "int8,float32") == 1
    lines = capsys.readouterr().err.splitlines()
    assert ["layer reader is computed in a loop" in line for line in lines] == [True, True, False]
    assert lines[2].startswith(f"convert: {out / 'lines_int8.onnx'}: not written; ")
    assert "LSTM" in lines[2] and "stayed float32" in lines[2]
    assert [path.name for path in out.iterdir()] == ["lines_float32.onnx"]


@pytest.mark.parametrize(("recipe", "stored"), [("dynamic", "INT8"), ("float16", "FLOAT16")])
def test_its_weights_are_stored_small_in_onnx(
    lstm: Path, colours: Trained, tmp_path: Path, recipe: str, stored: str
) -> None:
    out = tmp_path / "lines.onnx"
    assert convert(lstm, colours, out, "--recipe", recipe, "--min-agreement", 0.9) == 0
    dtypes = {tuple(weight.dims): weight.data_type for weight in onnx.load(out).graph.initializer}
    assert dtypes[1, 32, SIDE * 3] == dtypes[1, 32, 8] == getattr(onnx.TensorProto, stored)


@pytest.mark.parametrize("given", [("int8",), ("int8", "--keep-float", "reader"), ("dynamic",)])
def test_a_layer_that_onnx_has_as_a_loop_is_refused(
    colours: Trained, tmp_path: Path, capsys: Capture, given: tuple[str, ...]
) -> None:
    import keras

    model = save_recurrent(tmp_path / "lines.keras", keras.layers.GRU(8, name="reader"))
    assert convert(model, colours, tmp_path / "lines.onnx", "--recipe", *given) == 1
    told = capsys.readouterr().err
    assert "--recipe float32" in told
    assert told.count("\n") == 1


def test_what_reads_in_both_directions_takes_in_its_loops_what_is_computed_before_them(
    colours: Trained, tmp_path: Path
) -> None:
    import keras

    model = save_recurrent(tmp_path / "lines.keras", keras.layers.Bidirectional(keras.layers.GRU(8)))
    out = tmp_path / "lines.onnx"
    assert convert(model, colours, out, "--recipe", "float32", "--min-agreement", 1) == 0
    assert [node.op_type for node in onnx.load(out).graph.node].count("Loop") == 2


def test_loops_are_the_same_bytes_in_another_hash_order_and_behind_another_file(
    run: Run, colours: Trained, tmp_path: Path
) -> None:
    import keras

    model = save_recurrent(tmp_path / "lines.keras", keras.layers.Bidirectional(keras.layers.GRU(8)))
    alone = [arguments(model, colours, tmp_path / f"{seed}.onnx", "--recipe", "float32") for seed in range(3)]
    for seed, given in enumerate(alone):
        done = run("convert", *given, env={**os.environ, "PYTHONHASHSEED": str(seed)})
        assert (done.returncode, done.stderr) == (0, "")
    # The first one is refused, as its weights stay float32.
    main(arguments(model, colours, tmp_path / "family", "--to", "onnx", "--recipe", "float16,float32"))
    made = [*(tmp_path / f"{seed}.onnx" for seed in range(3)), tmp_path / "family" / "lines_float32.onnx"]
    assert len({path.read_bytes() for path in made}) == 1


def test_diagnose_looks_at_loops_whose_steps_are_single_numbers(
    colours: Trained, tmp_path: Path, capsys: Capture
) -> None:
    import keras

    model = save_recurrent(tmp_path / "lines.keras", keras.layers.Bidirectional(keras.layers.GRU(8)))
    out = tmp_path / "lines.onnx"
    assert convert(model, colours, out, "--recipe", "float32") == 0
    assert main(["diagnose", str(model), str(out), "--data", str(colours.data)]) == 0
    assert "nothing: the file is float32" in capsys.readouterr().out
