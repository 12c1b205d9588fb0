"""What every recipe does alike in every format, on networks of different layers."""

from __future__ import annotations

import contextlib
import hashlib
import io
import itertools
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from convert.cli import main
from convert.formats import FORMATS
from convert.recipes import RECIPES
from runtime.backends import open_backend
from runtime.card_file import read_card
from runtime.dataset import open_dataset
from runtime.image import fit_image
from runtime.picture import open_picture
from tests.conftest import Run
from tests.convert.conftest import Trained
from tests.convert.networks import COLOURS

CASES = [
    (network, recipe.name, form)
    for network, recipe in itertools.product(("colours", "clothes"), RECIPES.values())
    for form in recipe.formats
]
FLOAT_TOLERANCE = 1e-5
# Of a score, by recipe: weights of 11 bits (float16) or 8, activations on 256 or 65536 levels, after a few layers.
TOLERANCES = {
    "float32": FLOAT_TOLERANCE,
    "float16": 0.002,
    "dynamic": 0.03,
    "int8": 0.06,
    "int8-float-io": 0.06,
    "int16x8": 0.03,
}


@dataclass(frozen=True)
class Converted:
    """A file, what it was made of, and what the command printed."""

    path: Path
    trained: Trained
    recipe: str
    printed: str


def arguments(trained: Trained, recipe: str, out: Path) -> list[str]:
    """Of a conversion of few pictures; of 150 answers by networks that learnt for seconds, 95% must stay."""
    given = [str(trained.model), "--to", out.suffix[1:], "--recipe", recipe, "--calibrate", str(trained.data)]
    few = ["--calibration-images", "60", "--check-images", "150", "--min-agreement", "0.95"]
    return [*given, "--out", str(out), *few]


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def converted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Converted:
    network, recipe, form = request.param
    trained = request.getfixturevalue(network)
    out = tmp_path_factory.mktemp("converted") / f"{network}_{recipe}.{form}"
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert main(arguments(trained, recipe, out)) == 0
    return Converted(out, trained, recipe, printed.getvalue())


def test_it_answers_as_the_original_does(converted: Converted) -> None:
    import keras

    original = keras.saving.load_model(converted.trained.model, compile=False)
    backend = open_backend(converted.path)
    test = open_dataset(converted.trained.data, "test")
    pictures = np.stack([np.asarray(test.read(number)) for number in range(40)]).reshape(-1, *backend.input_shape)
    expected = original.predict_on_batch(pictures.astype(np.float32))
    scores = np.stack([backend.run(picture) for picture in pictures])
    assert np.abs(scores - expected).max() < TOLERANCES[converted.recipe]
    assert scores.dtype == np.float32


def test_what_goes_in_and_comes_out_is_what_the_recipe_says(converted: Converted) -> None:
    backend = open_backend(converted.path)
    assert backend.input.dtype == RECIPES[converted.recipe].pictures
    if converted.recipe == "int8" and converted.path.suffix == ".tflite":
        assert (backend.input.scale, backend.input.zero_point) == (1, 0)
        assert backend.output.dtype == np.uint8
        assert (backend.output.scale, backend.output.zero_point) == (1 / 256, 0)
    else:
        assert backend.output.dtype == np.float32


def test_the_weights_are_of_the_dtype_that_the_recipe_names(converted: Converted) -> None:
    weights = tflite_weights(converted.path) if converted.path.suffix == ".tflite" else onnx_weights(converted.path)
    named = [dtype for dtype in weights if dtype == RECIPES[converted.recipe].weights]
    assert len(weights) >= 2
    # TensorFlow leaves weights of fewer than 1024 values alone where activations are floats.
    left = 0 if (converted.recipe, converted.path.suffix) != ("dynamic", ".tflite") else len(weights) - 1
    assert len(named) >= len(weights) - left


def test_its_card_tells_what_it_is_and_where_it_came_from(converted: Converted) -> None:
    card, source = read_card(converted.path), read_card(converted.trained.model)
    assert card is not None and source is not None
    assert card.recipe == converted.recipe
    assert (card.labels, card.input, card.fit, card.licence) == (
        source.labels,
        source.input,
        source.fit,
        source.licence,
    )
    assert card.provenance.source_sha256 == hashlib.sha256(converted.trained.model.read_bytes()).hexdigest()
    assert card.provenance.date == source.provenance.date
    tool = "tensorflow " if converted.path.suffix == ".tflite" else "tf2onnx "
    assert card.provenance.tools[:1] == source.provenance.tools
    assert card.provenance.tools[1].startswith(tool)


def test_its_card_holds_what_was_measured_on_pictures_that_did_not_calibrate_it(converted: Converted) -> None:
    card = read_card(converted.path)
    assert card is not None and card.measured is not None
    assert (card.measured.data, card.measured.split) == (converted.trained.data.name, "test")
    assert card.measured.count == min(150, len(open_dataset(converted.trained.data, "test")))
    assert card.measured.top1_float > 0.7
    assert card.measured.top1 == pytest.approx(card.measured.top1_float, abs=0.02)


def test_its_golden_samples_are_tiny_and_give_the_answers_that_they_promise(converted: Converted) -> None:
    card, backend = read_card(converted.path), open_backend(converted.path)
    assert card is not None
    assert len({sample.label for sample in card.golden}) == 3
    for sample in card.golden:
        picture = open_picture(sample.png)
        assert max(picture.size) <= 96
        assert picture.mode == "L" or len(picture.getcolors() or ()) in range(1, 17)
        scores = backend.run(fit_image(picture, card.input, card.fit))
        assert card.labels[int(scores.argmax())] == sample.label
        assert scores.max() == pytest.approx(sample.score, abs=1e-4)


def test_the_summary_names_the_file_and_what_was_found(converted: Converted) -> None:
    for line in (str(converted.path), f"recipe            {converted.recipe}", "agreement", "top-1, this file"):
        assert line in converted.printed
    assert "95% interval" in converted.printed


def test_the_same_network_gives_the_same_bytes_again(converted: Converted, tmp_path: Path) -> None:
    again = tmp_path / converted.path.name
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(arguments(converted.trained, converted.recipe, again)) == 0
    assert again.read_bytes() == converted.path.read_bytes()


def test_equal_zero_points_and_scales_are_in_it_once(converted: Converted) -> None:
    if converted.recipe not in ("int8", "int8-float-io"):
        pytest.skip("it has hardly any")
    find = tflite_quantizations if converted.path.suffix == ".tflite" else onnx_constants
    # Of int8 each is apart, as onnxruntime's exact products need it.
    found = [(place, values) for place, values in find(converted.path) if not values.startswith(b"int8")]
    assert len({values for _, values in found}) == len({place for place, _ in found}) < len(found)


@pytest.mark.parametrize("form", FORMATS)
def test_another_process_with_another_hash_order_gives_the_same_bytes(
    run: Run, colours: Trained, tmp_path: Path, form: str
) -> None:
    first, second = tmp_path / f"first.{form}", tmp_path / f"second.{form}"
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(arguments(colours, "int8", first)) == 0
    done = run("convert", *arguments(colours, "int8", second), env={**os.environ, "PYTHONHASHSEED": "7"})
    assert (done.returncode, done.stderr) == (0, "")
    assert first.read_bytes() == second.read_bytes()


def test_a_plain_picture_gets_its_colours_name(converted: Converted) -> None:
    card, backend = read_card(converted.path), open_backend(converted.path)
    assert card is not None
    if card.input.channels == 1:
        pytest.skip("a gray network knows no colours")
    for channel, colour in enumerate(COLOURS):
        # As bright as in the pictures that it learnt: 85 on average, 165 in the channel that tells.
        picture = np.full(backend.input_shape, 85, np.uint8)
        picture[:, :, channel] = 165
        assert card.labels[int(backend.run(picture).argmax())] == colour


def test_an_integer_onnx_file_is_taken_with_exact_products(converted: Converted) -> None:
    """runtime asks for them on processors without VNNI; onnxruntime then replaces each int8 constant by another."""
    if converted.path.suffix != ".onnx":
        pytest.skip("TFLite's products are exact anyway")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(converted.path, options, providers=["CPUExecutionProvider"])
    backend = open_backend(converted.path)
    picture = np.random.default_rng(1).integers(0, 256, backend.input_shape, np.uint8)
    (scores,) = session.run(["scores"], {"image": picture[np.newaxis].astype(backend.input.dtype)})
    assert scores[0] == pytest.approx(backend.run(picture), abs=FLOAT_TOLERANCE)


def test_an_onnx_file_takes_several_pictures_at_once(converted: Converted) -> None:
    if converted.path.suffix != ".onnx":
        pytest.skip("TFLite files have a static batch of one picture")
    import onnxruntime

    backend = open_backend(converted.path)
    session = onnxruntime.InferenceSession(converted.path, providers=["CPUExecutionProvider"])
    pictures = np.random.default_rng(1).integers(0, 256, (5, *backend.input_shape)).astype(backend.input.dtype)
    (scores,) = session.run(["scores"], {"image": pictures})
    # By the same session: products of int8 differ between settings on processors without VNNI.
    singly = np.concatenate([session.run(["scores"], {"image": picture[None]})[0] for picture in pictures])
    assert np.abs(scores - singly).max() < FLOAT_TOLERANCE


def tflite_quantizations(path: Path) -> list[tuple[int, bytes]]:
    """Of each tensor, where its scales and where its zero points begin in the file, and what they are."""
    from tensorflow.lite.python import schema_py_generated as schema

    graph = schema.Model.GetRootAs(path.read_bytes(), 0).Subgraphs(0)
    tensors = [graph.Tensors(number).Quantization() for number in range(graph.TensorsLength())]
    return [
        (told._tab.Vector(told._tab.Offset(field)), values.tobytes())
        for told in tensors
        for field, values in ((8, told.ScaleAsNumpy()), (10, told.ZeroPointAsNumpy()))
        if told._tab.Offset(field)
    ]


def onnx_constants(path: Path) -> list[tuple[str, bytes]]:
    """Of each input of a node that is a constant, its name and what it is."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    held = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
    return [
        (name, f"{held[name].dtype} {held[name].shape}".encode() + held[name].tobytes())
        for node in graph.node
        for name in node.input
        if name in held
    ]


def tflite_weights(path: Path) -> list[np.dtype]:
    """The dtypes of all matrices and kernels that a TFLite file holds."""
    interpreter = pytest.importorskip("ai_edge_litert.interpreter").Interpreter(model_path=str(path))
    # float16 is widened by an operator of its own before a layer takes it.
    widened = {
        index
        for operator in interpreter._get_ops_details()
        if operator["op_name"] == "DEQUANTIZE"
        for index in operator["outputs"]
    }
    return [
        np.dtype(tensor["dtype"])
        for tensor in interpreter.get_tensor_details()
        if len(tensor["shape"]) in (2, 4) and tensor["shape"][0] > 1 and tensor["index"] not in widened
    ]


def onnx_weights(path: Path) -> list[np.dtype]:
    """The dtypes of all matrices and kernels that an ONNX file holds; the file itself must be valid."""
    import onnx

    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    return [
        onnx.numpy_helper.to_array(weight).dtype
        for weight in model.graph.initializer
        if sum(side > 1 for side in weight.dims) > 1
    ]
