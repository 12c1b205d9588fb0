"""Tiny classifiers as other people's tools leave them: no card, their own layout, range and order of channels.

Each says whether a picture is red, green or blue: a mean over the picture, and one matrix.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

SIDE = 8
WEIGHTS = np.eye(3, dtype=np.float32) * 2


def write_onnx(
    path: Path,
    *,
    layout: str = "NCHW",
    softmax: bool = True,
    bgr: bool = False,
    maps: bool = False,
    channels: int = 3,
) -> Path:
    """Takes float32, normalised. maps: it gives what it would say of each column, which is no classifier's answer."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    sides = [channels, SIDE, SIDE] if layout == "NCHW" else [SIDE, SIDE, channels]
    axes = [2, 3] if layout == "NCHW" else [1, 2]
    axes = axes[:1] if maps else axes
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["mean"], axes=axes, keepdims=0),
        helper.make_node("MatMul", ["mean", "weights"], ["logits" if softmax else "scores"]),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["logits"], ["scores"], axis=-1))
    graph = helper.make_graph(
        nodes,
        "theirs",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, *sides])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, SIDE, 3] if maps else [1, 3])],
        [numpy_helper.from_array(_matrix(SIDE if maps else channels, bgr), "weights")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def write_tflite(
    path: Path,
    *,
    dtype: str = "float32",
    bgr: bool = False,
    span: tuple[float, float] = (-1, 1),
    channels_first: bool = False,
) -> Path:
    """Takes values of `span`, quantized for an integer dtype; a float one takes whatever it is given."""
    import keras
    import tensorflow as tf

    picture = keras.Input((3, SIDE, SIDE) if channels_first else (SIDE, SIDE, 3), batch_size=1)
    dense = keras.layers.Dense(3, activation="softmax")
    channels_last = keras.layers.Permute((2, 3, 1))(picture) if channels_first else picture
    model = keras.Model(picture, dense(keras.layers.GlobalAveragePooling2D()(channels_last)))
    dense.set_weights([_matrix(3, bgr), np.zeros(3, np.float32)])
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if dtype != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = partial(_extremes, span)
        sets, wide = tf.lite.OpsSet, tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.target_spec.supported_ops = [wide if dtype == "int16" else sets.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = getattr(tf, dtype)
    path.write_bytes(converter.convert())
    return path


def write_first_lesson(path: Path) -> np.ndarray:
    """What the first lesson of Keras trains: it takes height x width of 0..1, without channels, and gives logits.

    The matrix by which it multiplies comes back.
    """
    weights = np.random.default_rng(2).normal(size=(SIDE * SIDE, 3)).astype(np.float32)
    if path.suffix == ".onnx":
        _write_flat_onnx(path, weights)
        return weights
    import keras
    import tensorflow as tf

    dense = keras.layers.Dense(3, use_bias=False)
    model = keras.Sequential([keras.Input((SIDE, SIDE)), keras.layers.Flatten(), dense])
    dense.set_weights([weights])
    if path.suffix == ".keras":
        model.save(path)
    else:
        path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    return weights


def _write_flat_onnx(path: Path, weights: np.ndarray) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["picture"], ["values"]),
            helper.make_node("MatMul", ["values", "weights"], ["scores"]),
        ],
        "lesson",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["batch", SIDE, SIDE])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 3])],
        [numpy_helper.from_array(weights, "weights")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def write_signatures(path: Path) -> Path:
    """A .tflite of float32 and BGR with two signatures, of which the first one classifies."""
    import tensorflow as tf

    picture = tf.TensorSpec([1, SIDE, SIDE, 3], tf.float32)
    module = tf.Module()
    mean = lambda values: tf.reduce_mean(values, axis=[1, 2])  # noqa: E731
    module.classify = tf.function(lambda values: tf.nn.softmax(mean(values) @ _matrix(3, True)), [picture])
    module.features = tf.function(mean, [picture])
    signatures = {"classify": module.classify, "features": module.features}
    tf.saved_model.save(module, str(path.with_suffix("")), signatures=signatures)
    names = list(signatures)
    path.write_bytes(
        tf.lite.TFLiteConverter.from_saved_model(str(path.with_suffix("")), signature_keys=names).convert()
    )
    return path


def _matrix(rows: int, bgr: bool) -> np.ndarray:
    weights = np.resize(WEIGHTS, (rows, 3))
    return np.ascontiguousarray(weights[::-1]) if bgr else weights


def _extremes(span: tuple[float, float]) -> Iterator[list[np.ndarray]]:
    for level in span:
        yield [np.full((1, SIDE, SIDE, 3), level, np.float32)]
