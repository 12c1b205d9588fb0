"""A dense layer of few classes has one scale: tflite-runtime 2.14 crashes of more on Arm."""

from __future__ import annotations

from pathlib import Path

import pytest

from convert.cli import main
from tests.convert.conftest import Trained


def count_dense_scales(path: Path) -> int:
    """Of the weights of a file's last matrix."""
    interpreter = pytest.importorskip("ai_edge_litert.interpreter").Interpreter(model_path=str(path))
    tensors = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    dense = [row for row in interpreter._get_ops_details() if row["op_name"] == "FULLY_CONNECTED"]
    return len(tensors[dense[-1]["inputs"][1]]["quantization_parameters"]["scales"])


def convert(trained: Trained, out: Path, *options: str) -> Path:
    few = ["--calibration-images", "20", "--check-images", "20", "--min-agreement", "0"]
    assert main([str(trained.model), "--calibrate", str(trained.data), "--out", str(out), *few, *options]) == 0
    return out


@pytest.mark.parametrize("recipe", ["int8", "int8-float-io"])
def test_three_classes_share_a_scale(colours: Trained, tmp_path: Path, recipe: str) -> None:
    assert count_dense_scales(convert(colours, tmp_path / "few.tflite", "--recipe", recipe)) == 1


def test_they_do_beside_a_layer_that_stays_float_too(colours: Trained, tmp_path: Path) -> None:
    import keras

    layers = keras.saving.load_model(colours.model, compile=False).layers
    kept = next(layer.name for layer in layers if isinstance(layer, keras.layers.DepthwiseConv2D))
    assert count_dense_scales(convert(colours, tmp_path / "few.tflite", "--keep-float", kept)) == 1


def test_ten_classes_have_a_scale_each(clothes: Trained, tmp_path: Path) -> None:
    assert count_dense_scales(convert(clothes, tmp_path / "many.tflite")) == 10
