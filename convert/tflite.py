"""TFLite by TensorFlow's converter; the result is judged by the dtypes of its tensors, not by what was asked for."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.lite.python.convert import ConverterError

from convert.cam import CamNetwork
from convert.describe_tflite import describe_tflite
from convert.failure import explain_failure
from convert.layers import LayerNames
from convert.network import Network
from convert.observer import Observer
from convert.recipes import Recipe
from convert.tflite_check import check_tensors
from convert.tflite_int8 import quantize
from convert.tflite_rows import spread_over_rows
from runtime.errors import ConversionError

_INTEGER_OPERATORS = {
    "int8": tf.lite.OpsSet.TFLITE_BUILTINS_INT8,
    "int16": tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
}
# tflite-runtime 2.14 on Arm reads a null pointer in a dense layer of 2 or 3 outputs that have a scale each.
_CRASHING_CLASSES = 3
# What the converter says of an operator that only TensorFlow itself has.
_MISSING = re.compile(r"'tf\.(\w+)' op is neither a custom op nor a flex op")


def write_tflite(
    network: Network, recipe: Recipe, calibration: np.ndarray, path: Path, observer: Observer
) -> tuple[str, ...]:
    """A convert.formats.Writer. The batch is static, 1: LiteRT.js and the delegates need that."""
    traced, names = network.trace(batch=1).get_concrete_function(), LayerNames(network.model)
    _refuse_loops(traced.graph, names)
    if recipe.activations == "int16" and isinstance(network, CamNetwork):
        raise ConversionError("TFLite has no ARG_MAX in int16, by which --with-cam finds the class; try --recipe int8")
    converter = tf.lite.TFLiteConverter.from_concrete_functions([traced], network.written)
    # Through a SavedModel the weights stay variables, which the calibrator cannot read.
    converter.experimental_lower_to_saved_model = False
    if not recipe.is_lossless:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if recipe.weights == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if recipe.is_integer:
        _set_integer(converter, network, recipe, calibration, observer)
    failing = f"TensorFlow {tf.__version__} cannot make TFLite of {network.card.name} by recipe {recipe.name}"
    with explain_failure(failing), _name_missing_operators():
        is_int8 = recipe.activations == "int8"
        content = quantize(converter, recipe, names, calibration, observer) if is_int8 else converter.convert()
        check_tensors(content, recipe, network.card.scores, names)
    spread = spread_over_rows(content, network.card.input.channels)
    path.write_bytes(describe_tflite(spread, network.card))
    return (f"tensorflow {tf.__version__}", *recipe.remarks)


@contextlib.contextmanager
def _name_missing_operators() -> Iterator[None]:
    """Raise ConversionError with the operators that TFLite lacks, of the many lines that the converter has for each."""
    try:
        yield
    except ConverterError as error:
        missing = sorted(set(_MISSING.findall(str(error))))
        if not missing:
            raise
        raise ConversionError(
            f"TFLite has no operator {', '.join(missing)}; build the network of other layers and train it again"
        ) from None


def _refuse_loops(graph: Any, names: LayerNames) -> None:
    """Raise ConversionError for a layer that is computed in a loop, as recurrent ones are.

    TensorFlow's calibrator ends the process there by a segmentation fault.
    """
    for operation in graph.get_operations():
        if operation.type.endswith("While"):
            (layer, *_) = names.find(operation.name) or (operation.name,)
            raise ConversionError(
                f"layer {layer} is computed in a loop, which no TFLite file of edgeframe has; "
                "choose --to onnx --recipe float32"
            )


def _set_integer(converter: Any, network: Network, recipe: Recipe, calibration: np.ndarray, observer: Observer) -> None:
    """Integers all through: built-in integer operators only. uint8 pictures give uint8 scores."""

    def pictures() -> Iterator[list[np.ndarray]]:
        for picture in observer.track(calibration, "calibrating", len(calibration)):
            yield [picture[np.newaxis].astype(np.float32)]

    converter.representative_dataset = pictures
    converter.target_spec.supported_ops = [_INTEGER_OPERATORS[recipe.activations]]
    converter._experimental_disable_per_channel_quantization_for_dense_layers = (
        len(network.card.labels) <= _CRASHING_CLASSES
    )
    if recipe.pictures == "uint8":
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.uint8
