"""GELU, as transformers and ConvNeXt have it."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from convert.cli import main
from runtime.card import InputSize
from runtime.card_file import read_card
from tests.convert.conftest import Trained
from tests.convert.networks import COLOUR_LABELS, SIDE, save

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    picture = keras.Input((SIDE, SIDE, 3))
    values = layers.Conv2D(8, 4, 4, activation="gelu")(layers.Rescaling(1 / 127.5, -1)(picture))
    values = layers.GlobalAveragePooling2D()(layers.LayerNormalization(name="levelling")(values))
    network = keras.Model(picture, layers.Dense(3, activation="softmax")(values))
    return save(network, tmp_path / "gelu.keras", COLOUR_LABELS, InputSize(SIDE, SIDE))


def convert(model: Path, colours: Trained, out: Path, *more: str) -> int:
    few = ("--calibration-images", "10", "--check-images", "30", "--golden", "none")
    return main([str(model), "--calibrate", str(colours.data), "--out", str(out), *few, *more])


def test_onnx_computes_it_by_its_error_function(model: Path, colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "gelu.onnx"
    assert convert(model, colours, out, "--recipe", "float32") == 0
    assert "score difference  mean 0.0000, largest 0.0000" in capsys.readouterr().out
    assert [node.op_type for node in onnx.load(out).graph.node].count("Erf") == 1


def test_an_integer_tflite_file_that_cannot_be_is_named_with_the_layers_that_stayed_float32(
    model: Path, colours: Trained, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "gelu.tflite"
    assert convert(model, colours, out, "--recipe", "int8") == 1
    told = capsys.readouterr().err
    assert told.startswith(f"convert: {out}: not written; ")
    assert told.endswith("stayed float32, of levelling; choose --keep-float levelling or --recipe float32\n")
    assert convert(model, colours, out, "--recipe", "int8", "--keep-float", "levelling", "--min-agreement", "0") == 0


def test_auto_keeps_those_layers_float32_by_itself(model: Path, colours: Trained, tmp_path: Path) -> None:
    out = tmp_path / "gelu.tflite"
    assert convert(model, colours, out, "--recipe", "int8", "--auto", "--min-agreement", "0") == 0
    card = read_card(out)
    assert card is not None
    assert "float32 in levelling" in card.provenance.tools
