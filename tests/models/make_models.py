"""Makes the conformance models beside this file: networks that say whether a picture is red, green or blue.

Each takes 8 x 8 RGB, 0..255, and is a mean over the picture and one matrix. They are committed, so that the
tests of the runtime need no TensorFlow. To make them again: python tests/models/make_models.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from runtime.card import InputSize, ModelCard, Provenance
from runtime.card_file import embed_card

HERE = Path(__file__).parent
SIDE = 8
LABELS = ("red", "green", "blue")
# Softmax of 6, 0, 0: 0.995 for the right colour.
WEIGHTS = np.eye(3, dtype=np.float32) * 6


def make_keras_model():  # type: ignore[no-untyped-def]
    import keras

    picture = keras.Input((SIDE, SIDE, 3), batch_size=1, name="picture")
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(picture))
    dense = keras.layers.Dense(3, activation="softmax")
    model = keras.Model(picture, dense(mean))
    dense.set_weights([WEIGHTS, np.zeros(3, np.float32)])
    return model


def representative_pictures() -> Iterator[list[np.ndarray]]:
    for levels in ((0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255)):
        yield [np.broadcast_to(np.float32(levels), (1, SIDE, SIDE, 3)).copy()]


def make_tflite(model, integer: bool) -> bytes:  # type: ignore[no-untyped-def]
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if integer:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = representative_pictures
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        # As convert/tflite.py does: with a scale for each of 3 outputs, tflite-runtime 2.14 crashes on Arm.
        converter._experimental_disable_per_channel_quantization_for_dense_layers = True
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    return bytes(converter.convert())


def make_onnx(uint8: bool) -> bytes:
    from onnx import TensorProto, checker, helper, numpy_helper, shape_inference

    dtype = TensorProto.UINT8 if uint8 else TensorProto.FLOAT
    nodes = [
        helper.make_node("Cast", ["picture"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["values"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["mean", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["scores"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "rgb",
        [helper.make_tensor_value_info("picture", dtype, ["batch", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 3])],
        [numpy_helper.from_array(WEIGHTS / np.float32(255), "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    return bytes(shape_inference.infer_shapes(model).SerializeToString())


def main() -> None:
    model = make_keras_model()
    files = {
        "rgb_float32.tflite": make_tflite(model, integer=False),
        "rgb_int8.tflite": make_tflite(model, integer=True),
        "rgb_float32.onnx": make_onnx(uint8=False),
        "rgb_uint8.onnx": make_onnx(uint8=True),
    }
    for name, content in files.items():
        path = HERE / name
        path.write_bytes(content)
        card = ModelCard(
            name=path.stem,
            architecture="mean colour",
            labels=LABELS,
            input=InputSize(SIDE, SIDE, 3),
            recipe=path.stem.partition("_")[2],
            licence="Apache-2.0",
            provenance=Provenance(source="tests/models/make_models.py"),
        )
        embed_card(path, card)


if __name__ == "__main__":
    main()
