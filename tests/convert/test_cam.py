"""Class activation maps, against numpy on what Keras gives before the pooling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert.cam import with_cam
from convert.cli import main
from convert.keras_file import read_keras_file
from convert.network import Network, load_network
from convert.observer import Observer
from convert.onnx import write_onnx
from convert.pictures import span_input_range
from convert.recipes import RECIPES
from convert.tflite import write_tflite
from runtime.backends import open_backend
from runtime.dataset import open_dataset
from runtime.errors import ConversionError
from tests.convert.conftest import Trained

FLOAT_TOLERANCE = 1e-4
# Of the span of a map: 256 levels of its own, and of the features and weights before it.
INT8_TOLERANCE = 0.05


@dataclass(frozen=True)
class Maps:
    """Pictures, and for each the map that numpy computes of what Keras gives before the pooling."""

    network: Network
    pictures: np.ndarray
    expected: np.ndarray


@pytest.fixture(scope="module")
def maps_of_two(maps: Maps) -> Maps:
    """Of a network with one output, the second class's probability, on dark and on bright pictures."""
    import keras

    keras.utils.set_random_seed(0)
    pictures = np.concatenate([maps.pictures // 4, maps.pictures])
    picture, scoring = keras.Input(pictures.shape[1:]), keras.layers.Dense(1, activation="sigmoid")
    cells = keras.layers.Conv2D(8, 3, 2, activation="relu")(keras.layers.Rescaling(1 / 255)(picture))
    model = keras.Model(picture, scoring(keras.layers.GlobalAveragePooling2D()(cells)))
    kernel, _ = scoring.get_weights()
    found = keras.Model(picture, cells).predict_on_batch(pictures.astype(np.float32)) @ kernel[:, 0]
    scoring.set_weights([kernel, -np.median(found.mean(axis=(1, 2)), keepdims=True)])
    network = Network(model, replace(maps.network.card, labels=("dark", "bright"), scores="sigmoid"))
    top = network.scores(pictures).argmax(axis=1)
    assert top.sum() == len(top) / 2
    return Maps(network, pictures, np.stack([one if best else -one for one, best in zip(found, top)]))


@pytest.fixture(scope="module")
def maps(colours: Trained) -> Maps:
    import keras

    network = load_network(read_keras_file(colours.model))
    test = open_dataset(colours.data, "test")
    pictures = np.stack([np.asarray(test.read(number)) for number in range(20)])
    before = keras.Model(network.model.input, network.model.get_layer("features").input)
    cells = before.predict_on_batch(pictures.astype(np.float32))
    kernel, _ = network.model.layers[-1].get_weights()
    top = network.scores(pictures).argmax(axis=1)
    return Maps(network, pictures, np.stack([cell @ kernel[:, best] for cell, best in zip(cells, top)]))


def run_tflite(path: Path, pictures: np.ndarray) -> np.ndarray:
    """The second output for each picture, count x height x width."""
    interpreter: Any = pytest.importorskip("ai_edge_litert.interpreter").Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    (taken,), (_, cam) = interpreter.get_input_details(), interpreter.get_output_details()
    found = []
    for picture in pictures:
        interpreter.set_tensor(taken["index"], picture[np.newaxis].astype(taken["dtype"]))
        interpreter.invoke()
        values, (scale, zero_point) = interpreter.get_tensor(cam["index"]), cam["quantization"]
        found.append((values.astype(np.float32) - zero_point) * scale if scale else values)
    return np.concatenate(found)[..., 0]


def run_onnx(path: Path, pictures: np.ndarray) -> np.ndarray:
    """The second output for all pictures at once, count x height x width."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    dtype = np.uint8 if session.get_inputs()[0].type == "tensor(uint8)" else np.float32
    (found,) = session.run(["cam"], {"image": pictures.astype(dtype)})
    return np.asarray(found)[..., 0]


def write(maps: Maps, recipe: str, path: Path) -> Path:
    writer = write_tflite if path.suffix == ".tflite" else write_onnx
    writer(with_cam(maps.network), RECIPES[recipe], span_input_range(maps.pictures), path, Observer())
    return path


@pytest.mark.parametrize("recipe", ["float32", "int8"])
def test_a_tflite_file_gives_the_map_of_the_class_that_it_names(maps: Maps, tmp_path: Path, recipe: str) -> None:
    found = run_tflite(write(maps, recipe, tmp_path / "cam.tflite"), maps.pictures)
    tolerance = FLOAT_TOLERANCE if recipe == "float32" else INT8_TOLERANCE * np.ptp(maps.expected)
    assert found.shape == maps.expected.shape == (20, 12, 12)
    assert np.abs(found - maps.expected).max() < tolerance


@pytest.mark.parametrize("recipe", ["float32", "int8"])
def test_an_onnx_file_gives_the_map_of_the_class_that_it_names(maps: Maps, tmp_path: Path, recipe: str) -> None:
    found = run_onnx(write(maps, recipe, tmp_path / "cam.onnx"), maps.pictures)
    tolerance = FLOAT_TOLERANCE if recipe == "float32" else INT8_TOLERANCE * np.ptp(maps.expected)
    assert np.abs(found - maps.expected).max() < tolerance


@pytest.mark.parametrize("recipe", ["float32", "int8"])
@pytest.mark.parametrize("form", ["tflite", "onnx"])
def test_one_output_has_the_map_of_whichever_of_its_two_classes_it_names(
    maps_of_two: Maps, tmp_path: Path, form: str, recipe: str
) -> None:
    path = write(maps_of_two, recipe, tmp_path / f"cam.{form}")
    found = (run_tflite if form == "tflite" else run_onnx)(path, maps_of_two.pictures)
    tolerance = FLOAT_TOLERANCE if recipe == "float32" else INT8_TOLERANCE * np.ptp(maps_of_two.expected)
    assert np.abs(found - maps_of_two.expected).max() < tolerance


@pytest.mark.parametrize("recipe", ["float32", "int8"])
@pytest.mark.parametrize("form", ["tflite", "onnx"])
def test_the_command_makes_files_whose_map_the_runtime_reads(
    colours: Trained, maps: Maps, tmp_path: Path, form: str, recipe: str
) -> None:
    out = tmp_path / f"cam.{form}"
    given = [colours.model, "--recipe", recipe, "--with-cam", "--calibrate", colours.data, "--out", out]
    assert main([str(argument) for argument in (*given, "--calibration-images", 40, "--check-images", 50)]) == 0
    backend: Any = open_backend(out)
    scores = backend.run(maps.pictures[0])
    assert scores.shape == (3,)
    found = backend.read_cam()
    assert found.shape == (12, 12)
    assert np.abs(found - maps.expected[0]).max() < INT8_TOLERANCE * np.ptp(maps.expected)


def test_a_map_by_a_recipe_whose_operators_lack_it_is_refused_with_one_that_has_them(
    maps: Maps, tmp_path: Path
) -> None:
    with pytest.raises(ConversionError, match=r"no ARG_MAX in int16, .*; try --recipe int8$"):
        write(maps, "int16x8", tmp_path / "cam.tflite")


def test_a_network_that_ends_otherwise_is_refused_and_its_end_named(clothes: Trained) -> None:
    with pytest.raises(ConversionError, match=r"ends in max_pooling2d\S* \(MaxPooling2D\).*global average pooling"):
        with_cam(load_network(read_keras_file(clothes.model)))


@pytest.mark.parametrize("activation", ["linear", "tanh"])
def test_what_bends_the_features_after_the_pooling_is_refused(maps: Maps, activation: str) -> None:
    import keras

    picture = keras.Input((8, 8, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(picture)
    bent = keras.layers.Activation(activation, name="bending")(pooled)
    network = Network(keras.Model(picture, keras.layers.Dense(3, activation="softmax")(bent)), maps.network.card)
    if activation == "linear":
        assert with_cam(network).weights.shape == (3, 3)
        return
    with pytest.raises(ConversionError, match=r"ends in bending \(Activation\)"):
        with_cam(network)


def test_the_command_refuses_it_in_one_line(
    clothes: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [clothes.model, "--with-cam", "--calibrate", clothes.data, "--out", tmp_path / "a.tflite"]
    assert main([str(argument) for argument in given]) == 1
    told = capsys.readouterr().err
    assert "--with-cam" in told
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_published_mobilenet_whose_dense_layer_is_a_convolution_has_a_map(maps: Maps) -> None:
    import keras

    model = keras.applications.MobileNet((32, 32, 3), alpha=0.25, weights=None, classes=5)
    cam = with_cam(Network(model, maps.network.card))
    assert cam.weights.shape == (5, 256)
    assert tuple(cam.seeing.outputs[1].shape) == (None, 1, 1, 256)
