"""Makes int8_gemm.tflite and float32_gemm.tflite, the matrix products that measure a processor's peaks: python -m
benchmarks.make_gemms

Needs TensorFlow. The int8 weights are zeros: they take as long as any others and compress to nothing.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from benchmarks.peaks import FLOAT32_GEMM, INT8_GEMM, ROWS, SIDE


def main() -> None:
    INT8_GEMM.write_bytes(_make_int8())
    FLOAT32_GEMM.write_bytes(_make_float32())


def _make_int8() -> bytes:
    picture = keras.Input((64, 64, SIDE), batch_size=1)
    model = keras.Model(picture, keras.layers.Conv2D(SIDE, 1, kernel_initializer="zeros")(picture))
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: iter([[np.ones((1, 64, 64, SIDE), np.float32)]])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def _make_float32() -> bytes:
    product = tf.function(tf.matmul, input_signature=[tf.TensorSpec((ROWS, SIDE)), tf.TensorSpec((SIDE, SIDE))])
    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([product.get_concrete_function()]).convert())


if __name__ == "__main__":
    main()
