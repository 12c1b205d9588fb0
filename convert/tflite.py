"""TFLite by TensorFlow's converter; the result is judged by the dtypes of its tensors, not by what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from convert.failure import explain_failure
from convert.network import Network
from convert.observer import Observer
from convert.recipes import Recipe
from runtime.errors import ConversionError

_BYTE_SCALE = 1.0
# A probability is 0..1, so 256 levels of 1/256: https://ai.google.dev/edge/litert/models/quantization_spec
_PROBABILITY_SCALE = 1 / 256


def write_tflite(
    network: Network, recipe: Recipe, calibration: np.ndarray, path: Path, observer: Observer
) -> tuple[str, ...]:
    """A convert.formats.Writer. The batch is static, 1: LiteRT.js and the delegates need that."""
    traced = network.trace(batch=1).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([traced], network.model)
    # Through a SavedModel the weights stay variables, which the calibrator cannot read.
    converter.experimental_lower_to_saved_model = False
    if recipe.is_integer:
        _quantize(converter, calibration, observer)
    with explain_failure(f"TensorFlow {tf.__version__} cannot make a {recipe.name} TFLite file of {network.card.name}"):
        content = converter.convert()
    _check_tensors(content, network, recipe)
    path.write_bytes(content)
    return (f"tensorflow {tf.__version__}",)


def _quantize(converter: Any, calibration: np.ndarray, observer: Observer) -> None:
    """Integers all through: built-in int8 operators only, uint8 in and out."""

    def pictures() -> Iterator[list[np.ndarray]]:
        for picture in observer.track(calibration, "calibrating", len(calibration)):
            yield [picture[np.newaxis].astype(np.float32)]

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = pictures
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.uint8


def _check_tensors(content: bytes, network: Network, recipe: Recipe) -> None:
    """Raise ConversionError unless the tensors are what the recipe's name says."""
    plain = tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=plain)
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    dtypes = {tensor["dtype"] for tensor in (taken, given)}
    if not recipe.is_integer:
        _require(dtypes == {np.float32}, "it takes or gives other than float32")
        return
    floats = [tensor["name"] for tensor in interpreter.get_tensor_details() if tensor["dtype"] == np.float32]
    _require(not floats, f"{len(floats)} of its tensors stayed float32 ({', '.join(floats[:3])})")
    _require(dtypes == {np.uint8}, "it takes or gives other than uint8")
    _require_scale("input", taken, _BYTE_SCALE)
    if network.card.scores != "logits":
        _require_scale("output", given, _PROBABILITY_SCALE)


def _require_scale(name: str, tensor: Any, scale: float) -> None:
    received = tensor["quantization"]
    _require(received == (scale, 0), f"{name} scale and zero point are {received}, expected {scale} and 0")


def _require(condition: bool, complaint: str) -> None:
    if not condition:
        raise ConversionError(f"the TFLite file is not what its recipe says: {complaint}; choose --recipe float32")
