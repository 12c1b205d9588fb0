"""Why onnxruntime refuses a file or a picture: the user reads its reason, not where in its source that is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.backends import open_backend
from runtime.errors import ModelError

onnx = pytest.importorskip("onnx", reason="onnx is not installed: make install")
_SIDE = 4
_VALUES = _SIDE * _SIDE * 3


def save_network(path: Path, nodes: list[Any], version: int = 8, opset: int = 17, **weights: np.ndarray) -> Path:
    make, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = make.make_graph(
        nodes,
        "network",
        [make.make_tensor_value_info("image", kind, (1, _SIDE, _SIDE, 3))],
        [make.make_tensor_value_info("scores", kind, (1, _VALUES))],
        [onnx.numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    onnx.save(make.make_model(graph, ir_version=version, opset_imports=[make.make_opsetid("", opset)]), path)
    return path


@pytest.mark.parametrize(
    ("versions", "reason"),
    [({"version": 99}, "Unsupported model IR version: 99"), ({"opset": 99}, "Opset 99 is under development")],
)
def test_a_file_of_a_later_onnx_is_refused_for_its_version(
    tmp_path: Path, versions: dict[str, int], reason: str
) -> None:
    path = save_network(tmp_path / "later.onnx", [onnx.helper.make_node("Flatten", ["image"], ["scores"])], **versions)
    with pytest.raises(ModelError) as raised:
        open_backend(path)
    assert reason in str(raised.value)
    assert "onnxruntime_src" not in str(raised.value)


def test_a_kind_of_numbers_that_an_operator_lacks_is_told(tmp_path: Path) -> None:
    nodes = [
        onnx.helper.make_node("Cast", ["image"], ["wide"], to=onnx.TensorProto.DOUBLE),
        onnx.helper.make_node("AveragePool", ["wide"], ["pooled"], kernel_shape=[1, 1]),
        onnx.helper.make_node("Cast", ["pooled"], ["narrow"], to=onnx.TensorProto.FLOAT),
        onnx.helper.make_node("Flatten", ["narrow"], ["scores"]),
    ]
    with pytest.raises(ModelError, match=r"cannot load it \(Could not find an implementation for AveragePool"):
        open_backend(save_network(tmp_path / "wide.onnx", nodes))


def test_what_fails_on_a_picture_is_told(tmp_path: Path) -> None:
    node = onnx.helper.make_node("Reshape", ["image", "shape"], ["scores"], name="reshaped")
    path = save_network(tmp_path / "reshaped.onnx", [node], shape=np.array([1, _VALUES - 1]))
    backend = open_backend(path)
    with pytest.raises(ModelError) as raised:
        backend.run(np.zeros((_SIDE, _SIDE, 3), np.uint8))
    assert "while running Reshape node. Name:'reshaped' Status Message: input_shape_size ==" in str(raised.value)
