"""What networks compute that were exported and quantized by other tools, once they are adopted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_dynamic,
    quantize_static,
)

from convert.cli import main
from runtime.operators import report_operators

SIDE, CHANNELS, CLASSES = 8, 16, 4
# A kernel of 3 x 3 of 3 channels for each value of the 6 x 6 that are left, and a matrix.
MACS = (SIDE - 2) ** 2 * CHANNELS * 3 * 3 * 3 + CHANNELS * CLASSES
PARAMETERS = CHANNELS * 3 * 3 * 3 + CHANNELS + CHANNELS * CLASSES + CLASSES


class Noise(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self) -> None:
        self._left = iter(np.random.default_rng(1).random((8, 1, 3, SIDE, SIDE), np.float32))

    def get_next(self) -> dict[str, np.ndarray] | None:
        return {"input": picture} if (picture := next(self._left, None)) is not None else None


def write_network(path: Path) -> Path:
    """As PyTorch exports one: the batch is called `batch` where it goes in, and `Gemm_dim_0` where it comes out.

    As onnxruntime leaves it, it also tells of what lay between operators that are one by now.
    """
    draw = np.random.default_rng(0).normal
    weights = {
        "kernel": draw(size=(CHANNELS, 3, 3, 3)),
        "shift": draw(size=CHANNELS),
        "matrix": draw(size=(CHANNELS, CLASSES)),
        "bias": draw(size=CLASSES),
    }
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["input", "kernel", "shift"], ["maps"]),
            helper.make_node("Relu", ["maps"], ["clipped"]),
            helper.make_node("GlobalAveragePool", ["clipped"], ["means"]),
            helper.make_node("Flatten", ["means"], ["list"]),
            helper.make_node("Gemm", ["list", "matrix", "bias"], ["output"]),
        ],
        "main_graph",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["Gemm_dim_0", CLASSES])],
        [numpy_helper.from_array(values.astype(np.float32), name) for name, values in weights.items()],
        value_info=[helper.make_tensor_value_info("before_fusing", TensorProto.FLOAT, ["unk__0", CHANNELS])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def _prepare(path: Path) -> Path:
    prepared = path.with_name("prepared.onnx")
    # Symbolic shapes need another library.
    quant_pre_process(path, prepared, skip_symbolic_shape=True)
    return prepared


def quantize_to(form: QuantFormat) -> Callable[[Path, Path], None]:
    kinds = {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8}
    return lambda path, out: quantize_static(_prepare(path), out, Noise(), quant_format=form, **kinds)


WAYS: dict[str, Callable[[Path, Path], object]] = {
    "float": lambda path, out: path.rename(out),
    "qdq": quantize_to(QuantFormat.QDQ),
    "operators": quantize_to(QuantFormat.QOperator),
    "dynamic": lambda path, out: quantize_dynamic(_prepare(path), out, weight_type=QuantType.QUInt8),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_it_computes_is_that_of_the_network_whoever_quantized_it(tmp_path: Path, way: str) -> None:
    labels, model, out = tmp_path / "labels.txt", tmp_path / "theirs.onnx", tmp_path / "ours.onnx"
    labels.write_text("a\nb\nc\nd\n")
    WAYS[way](write_network(tmp_path / "exported.onnx"), model)
    given = (model, "--labels", labels, "--scale", "1/255", "--out", out)
    assert main(["adopt", *map(str, given)]) == 0
    found = report_operators(out)
    assert found.macs == MACS
    # Scales that are factors of an operator which is no product are not told from parameters: two, of two ways.
    assert PARAMETERS <= found.parameters <= PARAMETERS + 2
