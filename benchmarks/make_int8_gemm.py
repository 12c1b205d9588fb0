"""Makes int8_gemm.tflite, the matrix product that measures a processor's int8 peak: python -m benchmarks.make_int8_gemm

Needs TensorFlow. The weights are zeros: they take as long as any others and compress to nothing.
"""

from __future__ import annotations

from benchmarks.peaks import INT8_GEMM


def main() -> None:
    import keras
    import numpy as np
    import tensorflow as tf

    picture = keras.Input((64, 64, 256), batch_size=1)
    model = keras.Model(picture, keras.layers.Conv2D(256, 1, kernel_initializer="zeros")(picture))
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: iter([[np.ones((1, 64, 64, 256), np.float32)]])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    INT8_GEMM.write_bytes(converter.convert())


if __name__ == "__main__":
    main()
