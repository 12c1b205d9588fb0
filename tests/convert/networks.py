"""Tiny Keras networks: two that learn in seconds, and some that must not be converted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from runtime.card import InputSize, ModelCard, Provenance
from runtime.card_file import embed_card
from runtime.dataset import open_dataset

SIDE = 24
WIDTH = 40
COLOURS = ("red", "green", "blue")
# Another order than the data's: classes are matched by name.
COLOUR_LABELS = ("blue", "green", "red")


def save(model: Any, path: Path, labels: tuple[str, ...], size: InputSize) -> Path:
    model.save(path)
    provenance = Provenance(source="a test", tools=("keras of the test",), date="2026-11-22")
    embed_card(path, ModelCard("tiny", "tiny_cnn", labels, size, licence="Apache-2.0", provenance=provenance))
    return path


def convert_to_onnx(model: Any, recipe: str, data: Path, folder: Path) -> Any:
    """The GraphProto of the file that the command writes of a Keras network of the colours in `data`."""
    import onnx

    from convert.cli import main

    saved = save(model, folder / "network.keras", COLOUR_LABELS, InputSize(SIDE, SIDE))
    out = folder / "network.onnx"
    few = ("--calibration-images", 20, "--check-images", 30, "--golden", "none")
    given = (saved, "--calibrate", data, "--recipe", recipe, "--out", out, *few)
    assert main([str(argument) for argument in given]) == 0
    return onnx.load(out).graph


def write_colours(path: Path) -> Path:
    """Noisy pictures in which one channel is brighter, as an .npz: 400 to train on, 100 to test."""
    generator = np.random.default_rng(0)
    targets = generator.integers(0, 3, 500)
    pictures = generator.integers(0, 170, (500, SIDE, SIDE, 3)).astype(np.uint8)
    pictures[np.arange(500), :, :, targets] += 80
    np.savez(
        path,
        x_train=pictures[:400],
        y_train=targets[:400],
        x_test=pictures[400:],
        y_test=targets[400:],
        labels=np.array(COLOURS),
    )
    return path


def train_colours(data: Path, path: Path) -> Path:
    """Convolution, depthwise convolution, BatchNorm, ReLU6, a residual sum and average pooling.

    WIDTH channels make some layers large enough for TensorFlow to round their weights alone (1024 of them).
    """
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    picture = keras.Input((SIDE, SIDE, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(picture)
    x = layers.ReLU(6)(layers.BatchNormalization()(layers.Conv2D(WIDTH, 3, 2, "same", use_bias=False)(x)))
    y = layers.ReLU(6)(layers.BatchNormalization()(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)))
    x = layers.Add()([x, layers.Conv2D(WIDTH, 1)(y)])
    x = layers.GlobalAveragePooling2D(name="features")(x)
    model = keras.Model(picture, layers.Dense(3, activation="softmax")(x))
    _fit(model, data, COLOUR_LABELS, epochs=8)
    return save(model, path, COLOUR_LABELS, InputSize(SIDE, SIDE))


def train_clothes(data: Path, path: Path) -> Path:
    """A gray picture, valid padding, max pooling, flattening and dropout."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )
    labels = open_dataset(data, "train").labels
    _fit(model, data, labels, epochs=3)
    return save(model, path, labels, InputSize(28, 28, 1))


def _fit(model: Any, data: Path, labels: tuple[str, ...], epochs: int) -> None:
    train = open_dataset(data, "train").sample(3000)
    pictures = np.stack([np.asarray(train.read(number), np.float32) for number in range(len(train))])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(pictures.reshape(-1, *model.input_shape[1:]), train.targets_in(labels), epochs=epochs, verbose=0)


def spoil_features(original: Path, path: Path) -> Path:
    """The same function, but one feature that nothing uses is thousands of times larger than the others.

    In float32 it changes nothing; on 256 levels that have to reach so far, the other features all become 0.
    """
    import keras

    model = keras.saving.load_model(original, compile=False)
    kernel, bias = model.layers[-1].get_weights()
    count = len(kernel)
    widened = keras.layers.Dense(count + 1, use_bias=False, name="widened")
    scores = keras.layers.Dense(3, activation="softmax")
    spoilt = keras.Model(model.input, scores(widened(model.get_layer("features").output)))
    widened.set_weights([np.hstack([np.eye(count), np.full((count, 1), 5000.0)])])
    scores.set_weights([np.vstack([kernel, np.zeros((1, 3))]), bias])
    return save(spoilt, path, COLOUR_LABELS, InputSize(SIDE, SIDE))


def write_large_weights(path: Path, largest: float) -> Path:
    """Says which colour a picture has most of, by weights of which those of the first layer are as large as this."""
    import keras

    picture = keras.Input((SIDE, SIDE, 3))
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(picture))
    first = keras.layers.Dense(3, use_bias=False)
    scores = keras.layers.Dense(3, activation="softmax", use_bias=False)
    model = keras.Model(picture, scores(first(mean)))
    first.set_weights([np.eye(3, dtype=np.float32) * largest])
    scores.set_weights([np.eye(3, dtype=np.float32) * 100 / largest])
    return save(model, path, COLOURS, InputSize(SIDE, SIDE))
