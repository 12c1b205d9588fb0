"""Integer ONNX by onnxruntime's static quantization (QDQ), in the fastest scheme that answers like the original."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QDQQuantizer,
    QuantType,
    create_calibrator,
    quant_pre_process,
)
from onnxruntime.quantization.calibrate import TensorData
from onnxruntime.quantization.registry import QDQRegistry, QLinearOpsRegistry

from convert.agreement import Agreement, compare_scores
from convert.layers import LayerNames
from convert.network import Network
from convert.observer import Observer
from convert.onnx_graph import INPUT, LOOP, keep_used_domains, share_constants
from convert.onnx_input import take_bytes
from convert.onnx_schemes import SCHEMES, Scheme, choose_scheme
from convert.recipes import Recipe
from runtime.backends import open_backend
from runtime.errors import ConversionError

_METHODS = {
    "minmax": CalibrationMethod.MinMax,
    "percentile": CalibrationMethod.Percentile,
    "entropy": CalibrationMethod.Entropy,
}
_PROBABILITY_OPERATORS = ("Softmax", "Sigmoid")
_LAYER_OPERATORS = ("Conv", "ConvTranspose", "Gemm", "MatMul", "GRU", "LSTM", "RNN")
# onnxruntime rounds a convolution together with the activation after it.
_FUSED_OPERATORS = ("Clip", "Relu")


def quantize_onnx(
    model: Any, network: Network, recipe: Recipe, calibration: np.ndarray, observer: Observer
) -> tuple[Any, str]:
    """Quantize a float32 ModelProto in every scheme and keep one that `choose_scheme` chooses.

    Returns:
        The ModelProto, whose input is uint8, and the tool with its scheme, for the card.
    """
    original = network.scores(calibration)
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepare_onnx(model, Path(folder))
        ranges = _measure_ranges(prepared, recipe, calibration, observer)
        kept = _kept_nodes(onnx.load(prepared).graph, recipe, LayerNames(network.model))
        tried: dict[Scheme, tuple[Agreement, Any]] = {}
        for scheme in observer.track(SCHEMES, "choosing a scheme", len(SCHEMES)):
            path = Path(folder, "scheme.onnx")
            onnx.save(_quantize(onnx.load(prepared), ranges, scheme, kept), path)
            backend = open_backend(path)
            scores = np.stack([network.ask(backend.run, picture) for picture in calibration])
            tried[scheme] = compare_scores(original, scores, None), onnx.load(path)
    scheme = choose_scheme({scheme: agreement for scheme, (agreement, _) in tried.items()})
    return tried[scheme][1], f"onnxruntime {onnxruntime.__version__} ({scheme}, {recipe.ranges})"


def prepare_onnx(model: Any, folder: Path) -> Path:
    """Fuse what onnxruntime fuses anyway (BatchNorm into convolutions) and infer shapes, before anything is rounded."""
    plain, prepared = folder / "float.onnx", folder / "prepared.onnx"
    onnx.save(model, plain)
    quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
    return prepared


class _Pictures(CalibrationDataReader):  # type: ignore[misc]
    """onnxruntime's protocol for calibration data."""

    def __init__(self, pictures: Iterator[np.ndarray]) -> None:
        self._pictures = pictures

    def get_next(self) -> dict[str, np.ndarray] | None:
        picture = next(self._pictures, None)
        return None if picture is None else {INPUT: picture[np.newaxis].astype(np.float32)}


def _measure_ranges(prepared: Path, recipe: Recipe, calibration: np.ndarray, observer: Observer) -> Any:
    """The range of every activation over the calibration pictures, by the recipe's method."""
    augmented = str(prepared.with_name("augmented.onnx"))
    method = _METHODS[recipe.ranges]
    # Some of the calibrators print what they do.
    with contextlib.redirect_stdout(io.StringIO()):
        calibrator = create_calibrator(prepared, augmented_model_path=augmented, calibrate_method=method)
        # It keeps every activation of all the pictures that it is given at a time.
        for picture in observer.track(calibration, "calibrating", len(calibration)):
            calibrator.collect_data(_Pictures(iter([picture])))
        ranges = calibrator.compute_data()
    # The other methods cut off what is rare, but a byte is 0..255.
    ranges[INPUT] = TensorData(lowest=np.float32(0), highest=np.float32(255))
    return ranges


def _kept_nodes(graph: Any, recipe: Recipe, names: LayerNames) -> list[str]:
    """The nodes that stay float32: those of the recipe's layers, and the probabilities.

    Of 1000 classes, nearly all would round to 0 on 256 levels.
    """
    outputs = {value.name for value in graph.output}
    layers = {node.name: set(names.find(node.name)) for node in graph.node}
    maker = {name: node.name for node in graph.node for name in node.output}
    for node in graph.node:
        if node.op_type in _FUSED_OPERATORS and node.input[0] in maker:
            layers[maker[node.input[0]]] |= layers[node.name]
    names.check(recipe.keep_float, set().union(*layers.values()))
    return [
        node.name
        for node in graph.node
        if layers[node.name] & set(recipe.keep_float)
        or (node.op_type in _PROBABILITY_OPERATORS and outputs.intersection(node.output))
    ]


def _quantize(model: Any, ranges: Any, scheme: Scheme, kept: list[str]) -> Any:
    quantizer = QDQQuantizer(
        model,
        per_channel=scheme.per_channel,
        reduce_range=scheme.bits == 7,
        weight_qType=QuantType.QInt8,
        activation_qType=QuantType.QInt8 if scheme.signed else QuantType.QUInt8,
        tensors_range=ranges,
        nodes_to_quantize=[],
        nodes_to_exclude=kept,
        op_types_to_quantize=sorted({*QDQRegistry, *QLinearOpsRegistry}),
        extra_options={},
    )
    quantizer.quantize_model()
    quantizer.model.topological_sort()
    quantized = quantizer.model.model
    _require_integer_weights(quantized, kept)
    take_bytes(quantized, INPUT)
    share_constants(quantized.graph)
    keep_used_domains(quantized)
    return quantized


def _require_integer_weights(model: Any, kept: list[str]) -> None:
    """Raise ConversionError where another layer kept its float weights: the recipe's name would not be true.

    Also for a loop that is to keep them: onnxruntime (1.31) ends the process when it loads one among rounded values.
    """
    floats = {weight.name for weight in model.graph.initializer if weight.data_type == onnx.TensorProto.FLOAT}
    left = [
        node.name
        for node in model.graph.node
        if node.op_type == LOOP
        or (node.name not in kept and node.op_type in _LAYER_OPERATORS and floats.intersection(node.input))
    ]
    if left:
        raise ConversionError(f"{len(left)} layers stayed float32 ({', '.join(left[:3])}); choose --recipe float32")
