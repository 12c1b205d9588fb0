"""TFLite of int8 values, in which chosen layers may stay float32.

It is what TensorFlow's converter and its QuantizationDebugger (`denylisted_nodes`) do, by the same functions, but for
the ranges; the debugger itself would give a file that takes and gives float32.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.lite.python.convert import mlir_quantize

from convert.layers import LayerNames
from convert.observer import Observer
from convert.recipes import Recipe
from convert.tflite_ranges import measure_ranges
from runtime.operators.tflite import read_tflite


def quantize(converter: Any, recipe: Recipe, names: LayerNames, pictures: np.ndarray, observer: Observer) -> bytes:
    """A TFLite file by a converter that is set up for integers.

    pictures: uint8, count x height x width x channels, all that calibrate. Raises UsageError for a layer of
    `recipe.keep_float` that the file has no operators of.
    """
    converter._experimental_calibrate_only = True
    # By one picture it tells which values have a range; how wide they are is measured of all, and not by it.
    converter.representative_dataset = lambda: [[pictures[:1].astype(np.float32)]]
    calibrated = measure_ranges(converter.convert(), pictures, observer)
    dtype = tf.as_dtype(recipe.pictures)
    content: bytes = mlir_quantize(
        calibrated,
        input_data_type=dtype,
        output_data_type=dtype,
        disable_per_channel_for_dense_layers=converter._experimental_disable_per_channel_quantization_for_dense_layers,
        denylisted_nodes=_results(calibrated, recipe, names),
    )
    return content


def _results(calibrated: bytes, recipe: Recipe, names: LayerNames) -> list[str]:
    """What the operators of the kept layers give, by the names that the quantizer knows."""
    with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
        file.write(calibrated)
        file.flush()
        operators = read_tflite(Path(file.name)).operators
    layers = [(operator.outputs[0].name, names.find(operator.outputs[0].name)) for operator in operators]
    names.check(recipe.keep_float, [layer for _, found in layers for layer in found])
    return [result for result, found in layers if set(found) & set(recipe.keep_float)]
