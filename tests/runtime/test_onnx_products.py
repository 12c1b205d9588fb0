"""Where onnxruntime's integer products overflow, exact ones are asked for.

Seen with an EfficientNet-Lite0 of 8-bit weights in qemu's Haswell, which has no VNNI: without them 2 of 4 photos are
answered otherwise than on a processor that has it; with them the scores are the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.backends import onnx_products, open_backend
from runtime.backends.onnx_products import has_integers, may_overflow

_SIDE, _CHANNELS = 6, 16


@pytest.mark.parametrize(
    ("machine", "flags", "expected"),
    [
        ("x86_64", "flags\t\t: fpu sse4_1 avx2 avx512f", True),
        ("AMD64", "flags\t\t: fpu sse4_1 avx2", True),
        ("x86_64", "flags\t\t: fpu avx2 avx512f avx512_vnni", False),
        ("x86_64", "flags\t\t: fpu avx2 avx_vnni", False),
        ("aarch64", "Features\t: fp asimd", False),
    ],
)
def test_products_may_overflow_on_x86_without_vnni(tmp_path: Path, machine: str, flags: str, expected: bool) -> None:
    processors = tmp_path / "cpuinfo"
    processors.write_text(f"processor\t: 0\n{flags}\n", encoding="utf-8")
    assert may_overflow(machine, processors) is expected


def test_an_x86_that_does_not_tell_is_taken_to_have_none(tmp_path: Path) -> None:
    assert may_overflow("AMD64", tmp_path / "nothing")
    assert not may_overflow("arm64", tmp_path / "nothing")


@pytest.mark.parametrize("zero_points", ["own", "shared", "none"])
def test_a_quantized_file_is_answered_exactly_however_it_writes_its_zero_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zero_points: str
) -> None:
    """With exact products onnxruntime cannot load the second. Two products overflow 16 bits."""
    onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: make install")
    path = save_quantized(tmp_path / "network.onnx", zero_points)
    monkeypatch.setattr(onnx_products, "may_overflow", lambda *_: True)
    picture = np.random.default_rng(0).integers(128, 256, (_SIDE, _SIDE, 3), np.uint8)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # each operator in float32
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (expected,) = session.run(["scores"], {"image": picture[np.newaxis]})
    assert np.ptp(expected) > 1
    # One step of their rounding.
    assert open_backend(path).run(picture) == pytest.approx(expected[0], abs=0.05)


def test_a_file_without_integers_is_left_as_it_is(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: make install")
    node, kind = onnx.helper.make_node("Flatten", ["image"], ["scores"]), onnx.TensorProto.FLOAT
    taken, given = (onnx.helper.make_tensor_value_info(name, kind, [1, 4]) for name in ("image", "scores"))
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([node], "network", [taken], [given])), tmp_path / "a.onnx")
    assert not has_integers(tmp_path / "a.onnx")
    assert has_integers(save_quantized(tmp_path / "b.onnx", "own"))


def save_quantized(path: Path, zero_points: str) -> Path:
    """A convolution and a dense layer of int8 weights, a scale for each channel; zero_points: of these weights."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: make install")
    make, generator = onnx.helper, np.random.default_rng(1)
    weights = {
        "one": np.float32(1 / 255),
        "step": np.float32(0.05),
        "zero": np.uint8(0),
        "scales": np.full(_CHANNELS, 1 / 127, np.float32),
        "kernel": generator.choice([-127, 64, 127], (_CHANNELS, 3, 3, 3)).astype(np.int8),
        "dense": generator.choice([-127, 64, 127], (_CHANNELS, _CHANNELS)).astype(np.int8),
    }

    def widen(layer: str, axis: int) -> Any:
        name = {"own": f"{layer}_zeros", "shared": "zeros", "none": ""}[zero_points]
        if name:
            weights[name] = np.zeros(_CHANNELS, np.int8)
        return make.make_node("DequantizeLinear", [layer, "scales", name], [f"wide_{layer}"], axis=axis)

    def round_to_bytes(value: str) -> list[Any]:
        return [
            make.make_node("QuantizeLinear", [value, "step", "zero"], [f"{value}_bytes"]),
            make.make_node("DequantizeLinear", [f"{value}_bytes", "step", "zero"], [f"{value}_rounded"]),
        ]

    nodes = [
        make.make_node("DequantizeLinear", ["image", "one", "zero"], ["real"]),
        make.make_node("Transpose", ["real"], ["picture"], perm=[0, 3, 1, 2]),
        widen("kernel", 0),
        make.make_node("Conv", ["picture", "wide_kernel"], ["sums"]),
        *round_to_bytes("sums"),
        make.make_node("GlobalAveragePool", ["sums_rounded"], ["means"]),
        make.make_node("Flatten", ["means"], ["flat"]),
        *round_to_bytes("flat"),
        widen("dense", 1),
        make.make_node("MatMul", ["flat_rounded", "wide_dense"], ["scores"]),
    ]
    graph = make.make_graph(
        nodes,
        "network",
        [make.make_tensor_value_info("image", onnx.TensorProto.UINT8, [1, _SIDE, _SIDE, 3])],
        [make.make_tensor_value_info("scores", onnx.TensorProto.FLOAT, [1, _CHANNELS])],
        [onnx.numpy_helper.from_array(np.asarray(values), name) for name, values in weights.items()],
    )
    onnx.save(make.make_model(graph, ir_version=8, opset_imports=[make.make_opsetid("", 17)]), path)
    return path
