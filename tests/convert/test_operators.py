"""The report on a file's operators, against arithmetic done by hand and against what LiteRT does."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from convert.cli import main
from runtime.card import InputSize
from runtime.errors import ModelError, UsageError
from runtime.operators import report_operators
from runtime.operators.onnx import read_onnx
from runtime.operators.tflite import read_tflite
from tests.convert.conftest import Trained
from tests.convert.networks import COLOUR_LABELS, SIDE, save


@dataclass(frozen=True)
class Expected:
    """What the Keras network itself says. channels: of its last feature map."""

    macs: int
    parameters: int
    channels: int


@pytest.fixture(scope="module")
def expected(colours: Trained) -> Expected:
    """Counted layer by layer. Batch normalisation is folded: it leaves one bias for each channel."""
    import keras

    macs = parameters = channels = 0
    for layer in keras.saving.load_model(colours.model, compile=False).layers:
        if hasattr(layer, "kernel"):
            # Height x width x in x out; a depthwise one has out 1, a matrix neither height nor width.
            values = math.prod(layer.output.shape[1:])
            is_depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            macs += values * math.prod(layer.kernel.shape[:2] if is_depthwise else layer.kernel.shape[:-1])
            channels = channels if layer.output.shape[1:-1] == () else layer.output.shape[-1]
            parameters += math.prod(layer.kernel.shape) + layer.output.shape[-1]
    return Expected(macs, parameters, channels)


def convert(trained: Trained, recipe: str, out: Path) -> Path:
    few = ["--calibration-images", "20", "--check-images", "20", "--min-agreement", "0"]
    assert (
        main([str(trained.model), "--recipe", recipe, "--calibrate", str(trained.data), "--out", str(out), *few]) == 0
    )
    return out


@pytest.fixture(scope="module", params=["int8.tflite", "float32.tflite", "int8.onnx", "float32.onnx"])
def file(request: pytest.FixtureRequest, colours: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe, _, form = request.param.partition(".")
    return convert(colours, recipe, tmp_path_factory.mktemp("operators") / f"{recipe}.{form}")


def test_multiply_accumulates_are_those_of_the_layers(file: Path, expected: Expected) -> None:
    assert report_operators(file).macs == expected.macs


def test_parameters_are_the_weights_and_the_two_numbers_of_the_normalisation(file: Path, expected: Expected) -> None:
    # tf2onnx keeps the batch normalisation after a depthwise convolution apart, and ReLU6 as Clip with 0 and 6.
    apart = expected.channels + 2 if file.name == "float32.onnx" else 0
    assert report_operators(file).parameters == expected.parameters + 2 + apart


def test_what_is_needed_at_once_is_the_sum_with_what_both_its_branches_hold(file: Path, expected: Expected) -> None:
    # The sum and its two terms. int8.onnx takes the picture apart in float32, into one channel after the other.
    value = 4 if "float32" in file.name else 1
    summing = 3 * (SIDE // 2) ** 2 * expected.channels * value
    found = report_operators(file).peak_bytes
    assert found >= summing if file.name == "int8.onnx" else found == summing


def delegated(path: Path) -> Counter[str]:
    """The operators that LiteRT hands to its XNNPACK delegate: all that lie between its inputs and its outputs."""
    interpreter = pytest.importorskip("ai_edge_litert.interpreter").Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    operators: list[Any] = interpreter._get_ops_details()
    maker = {int(made): operator for operator in operators for made in operator["outputs"] if not is_delegate(operator)}
    found: dict[int, str] = {}
    for delegate in filter(is_delegate, operators):
        pending, given = [int(made) for made in delegate["outputs"]], set(map(int, delegate["inputs"]))
        while pending:
            tensor = pending.pop()
            if tensor in maker and tensor not in given and tensor not in found:
                found[tensor] = maker[tensor]["op_name"]
                pending += [int(taken) for taken in maker[tensor]["inputs"]]
    return Counter(found.values())


def is_delegate(operator: Any) -> bool:
    return bool(operator["op_name"] == "DELEGATE")


@pytest.mark.parametrize("recipe", ["int8", "float32"])
def test_xnnpack_takes_what_the_report_says(colours: Trained, tmp_path: Path, recipe: str) -> None:
    path = convert(colours, recipe, tmp_path / "a.tflite")
    fit = report_operators(path).delegates[0]
    assert fit.delegate == "XNNPACK"
    assert sum(delegated(path).values()) == fit.taken
    assert fit.macs_share == 1


def test_the_default_model_is_taken_by_all_and_xnnpack_leaves_its_ends_alone() -> None:
    path = Path("runtime/models/efficientnet_lite0_int8.tflite")
    found = report_operators(path)
    xnnpack, gpu, edge_tpu = found.delegates
    assert xnnpack.obstacles == ("QUANTIZE uint8 to int8", "SOFTMAX int8", "QUANTIZE int8 to uint8")
    assert sum(delegated(path).values()) == xnnpack.taken
    assert gpu.is_whole and edge_tpu.is_whole
    assert (dict(found.counts)["CONV_2D"], dict(found.counts)["DEPTHWISE_CONV_2D"]) == (33, 16)


def test_a_float_network_is_nothing_for_an_edge_tpu(colours: Trained, tmp_path: Path) -> None:
    found = report_operators(convert(colours, "float32", tmp_path / "a.tflite"))
    assert "Edge TPU    takes nothing: needs int8 all through, has float32" in found.to_lines()


def test_a_mobilenet_has_the_multiply_accumulates_of_its_paper(tmp_path: Path) -> None:
    import keras
    import tensorflow as tf

    # Howard et al. 2017, table 6 and 7: 0.25 MobileNet-224 has 41 million, and 0.5 million parameters.
    model = keras.applications.MobileNet(alpha=0.25, weights=None)
    path = tmp_path / "mobilenet.tflite"
    path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    found = report_operators(path)
    assert found.macs == pytest.approx(41e6, rel=0.02)
    assert found.parameters == pytest.approx(0.47e6, rel=0.02)


@pytest.mark.parametrize("recipe", ["float32", "int8"])
def test_attention_has_the_same_multiply_accumulates_in_both_formats(
    colours: Trained, tmp_path: Path, recipe: str
) -> None:
    import keras

    picture = keras.Input((SIDE, SIDE, 3))
    words = keras.layers.Reshape((9, 192))(keras.layers.Rescaling(1 / 255)(picture))
    words = keras.layers.Dense(16)(words)
    words = keras.layers.Add()([words, keras.layers.MultiHeadAttention(2, 8)(words, words)])
    scores = keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling1D()(words))
    path = save(keras.Model(picture, scores), tmp_path / "words.keras", COLOUR_LABELS, InputSize(SIDE, SIDE))
    given = ("--recipe", recipe, "--calibrate", colours.data, "--check-images", 30, "--min-agreement", 0)
    assert main([str(argument) for argument in (path, "--to", "tflite,onnx", *given)]) == 0
    counts = [report_operators(tmp_path / f"words_{recipe}.{form}").macs for form in ("tflite", "onnx")]
    # Four matrices of 16 x 16 and one of 192 x 16 for each of 9 words, their 9 x 9 products twice, 3 scores.
    assert counts == [9 * (4 * 16 * 16 + 192 * 16) + 2 * 9 * 9 * 16 + 3 * 16] * 2


def read_by_library(path: Path) -> list[list[tuple[str, tuple[int, ...]]]]:
    """Names and shapes of what each operator gives; an open batch is 1."""
    if path.suffix == ".onnx":
        import onnx

        graph = onnx.shape_inference.infer_shapes(onnx.load(path)).graph
        shapes = {
            value.name: tuple(side.dim_value or 1 for side in value.type.tensor_type.shape.dim)
            for value in (*graph.value_info, *graph.output)
        }
        return [[(name, shapes[name]) for name in node.output] for node in graph.node]
    from tensorflow.lite.python import schema_py_generated as schema

    (network,) = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0).subgraphs
    return [
        [(network.tensors[index].name.decode(), tuple(network.tensors[index].shape)) for index in operator.outputs]
        for operator in network.operators
    ]


def test_reading_it_by_hand_gives_what_the_formats_own_library_gives(file: Path) -> None:
    graph = read_onnx(file) if file.suffix == ".onnx" else read_tflite(file)
    found = [[(tensor.name, tensor.shape) for tensor in operator.outputs] for operator in graph.operators]
    assert found == read_by_library(file)


@pytest.mark.parametrize("name", ["half.tflite", "text.tflite", "half.onnx", "empty.tflite"])
def test_a_damaged_file_is_refused_in_one_line(models: Path, tmp_path: Path, name: str) -> None:
    damaged, original = tmp_path / name, models / f"rgb_float32{Path(name).suffix}"
    whole = original.read_bytes()
    damaged.write_bytes({"half": whole[: len(whole) // 2], "text": b"no model at all", "empty": b""}[damaged.stem])
    with pytest.raises(ModelError, match="copy the file again"):
        report_operators(damaged)


def test_a_file_of_another_kind_is_wrong_usage(colours: Trained) -> None:
    with pytest.raises(UsageError, match=r"only the operators of \.tflite and \.onnx"):
        report_operators(colours.model)


def test_the_lines_name_kinds_costs_and_delegates(models: Path) -> None:
    lines = report_operators(models / "rgb_int8.tflite").to_lines()
    assert lines[0].startswith("operators   2 QUANTIZE, ")
    assert [line.split()[0] for line in lines] == ["operators", "computes", "XNNPACK", "GPU", "Edge"]
