"""Integer TFLite in which chosen layers stay float32.

It is what TensorFlow's QuantizationDebugger does with its `denylisted_nodes`, by the same function; the debugger
itself would give a file that takes and gives float32.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.lite.python.convert import mlir_quantize

from convert.layers import LayerNames
from convert.recipes import Recipe
from runtime.operators.tflite import read_tflite


def quantize_partly(converter: Any, recipe: Recipe, names: LayerNames) -> bytes:
    """A TFLite file by a converter that is set up for integers, `recipe.keep_float` left out.

    Raises UsageError for a layer that the file has no operators of.
    """
    converter._experimental_calibrate_only = True
    calibrated = converter.convert()
    pictures = tf.as_dtype(recipe.pictures)
    content: bytes = mlir_quantize(
        calibrated,
        input_data_type=pictures,
        output_data_type=pictures,
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
