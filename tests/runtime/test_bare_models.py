"""Models from elsewhere, without a card: what their outputs are is found out, or asked; never guessed wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from runtime.backends import TensorInfo, takes_bytes
from runtime.backends.shapes import check_output
from runtime.bare_model import guess_scores
from runtime.card import Normalisation
from runtime.classifier import Classifier
from runtime.errors import ModelError, UsageError
from tests.conftest import Run

SIDE = 8
WEIGHTS = np.array([[4, -3], [-2, 5], [1, 1]], np.float32)
UNIT = Normalisation(std=(255.0,))


def write_network(
    path: Path,
    last: str | None = None,
    *,
    classes: int = 2,
    channels: int = 3,
    shape: tuple[int, ...] | None = None,
    batch: int = 1,
) -> Path:
    """NCHW: a mean over the picture, one matrix, `last` (an ONNX operator), and the scores in this shape."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    shape = shape or (1, classes)
    weights = {"weights": WEIGHTS[:channels, :classes], "shape": np.array(shape, np.int64)}
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["mean", "weights"], ["logits"]),
        helper.make_node(last or "Identity", ["logits"], ["list"]),
        helper.make_node("Reshape", ["list", "shape"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "theirs",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [batch, channels, SIDE, SIDE])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)


def logits_of(picture: np.ndarray, classes: int) -> np.ndarray:
    return np.asarray((picture.astype(np.float64) / 255).mean(axis=(0, 1)) @ WEIGHTS[:, :classes])


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-logits)))


@pytest.mark.parametrize("last", ["Sigmoid", None])
def test_one_output_is_the_probability_of_the_second_label_also_where_it_is_a_logit(
    tmp_path: Path, picture: np.ndarray, last: str | None
) -> None:
    model = write_network(tmp_path / "theirs.onnx", last, classes=1)
    scores = Classifier.load(model, labels=("no", "yes"), normalisation=UNIT).score(picture)
    expected = sigmoid(logits_of(picture, 1))[0]
    assert scores == pytest.approx([1 - expected, expected], abs=1e-5)


@pytest.mark.parametrize(("classes", "std"), [(1, 2550.0), (2, 1e9)])
def test_what_ends_in_a_sum_gives_logits_also_where_they_look_like_probabilities(
    tmp_path: Path, picture: np.ndarray, classes: int, std: float
) -> None:
    model = write_network(tmp_path / "theirs.onnx", classes=classes)
    classifier = Classifier.load(model, labels=("no", "yes"), normalisation=Normalisation(std=(std,)))
    assert classifier.card.scores == "logits"
    logits = logits_of(picture, classes) * 255 / std
    second = float(sigmoid(logits[0] if classes == 1 else logits[1] - logits[0]))
    assert classifier.score(picture) == pytest.approx([1 - second, second], abs=1e-5)


def test_what_ends_in_the_mean_of_two_sums_gives_logits_too(tmp_path: Path, picture: np.ndarray) -> None:
    """LeViT and DeiT have a second head, that learnt from a teacher."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(write_network(tmp_path / "theirs.onnx"))
    model.graph.initializer.append(numpy_helper.from_array(np.float32(2), "two"))
    del model.graph.node[2]
    model.graph.node.insert(2, helper.make_node("Add", ["logits", "logits"], ["both"]))
    model.graph.node.insert(3, helper.make_node("Div", ["both", "two"], ["list"]))
    onnx.save(model, tmp_path / "theirs.onnx")
    normalisation = Normalisation(std=(1e9,))
    classifier = Classifier.load(tmp_path / "theirs.onnx", labels=("a", "b"), normalisation=normalisation)
    assert classifier.card.scores == "logits"
    assert classifier.score(picture) == pytest.approx([0.5, 0.5], abs=1e-5)


def test_one_that_standardises_each_picture_gives_what_it_gives(tmp_path: Path, picture: np.ndarray) -> None:
    """Of a picture of one colour it knows nothing (0/0), of others it gives probabilities."""
    import onnx
    from onnx import helper

    model = onnx.load(write_network(tmp_path / "theirs.onnx", "Sigmoid", classes=1))
    nodes = [
        helper.make_node("ReduceMax", ["picture"], ["high"], axes=[1, 2, 3]),
        helper.make_node("ReduceMin", ["picture"], ["low"], axes=[1, 2, 3]),
        helper.make_node("Sub", ["picture", "low"], ["above"]),
        helper.make_node("Sub", ["high", "low"], ["range"]),
        helper.make_node("Div", ["above", "range"], ["standard"]),
    ]
    model.graph.node[0].input[0] = "standard"
    for number, node in enumerate(nodes):
        model.graph.node.insert(number, node)
    onnx.save(model, tmp_path / "theirs.onnx")
    classifier = Classifier.load(tmp_path / "theirs.onnx", labels=("no", "yes"), normalisation=UNIT)
    assert classifier.card.scores == "sigmoid"
    values = (picture - picture.min()) / (picture.max() - picture.min())
    second = float(sigmoid(values.mean(axis=(0, 1)) @ WEIGHTS[:, :1])[0])
    assert classifier.score(picture) == pytest.approx([1 - second, second], abs=1e-5)


def test_labels_may_be_a_list(tmp_path: Path) -> None:
    model = write_network(tmp_path / "theirs.onnx", "Softmax")
    assert Classifier.load(model, labels=["a", "b"], normalisation=UNIT).card.labels == ("a", "b")


def test_the_scores_of_labels_that_may_be_true_together_stay_as_they_are(tmp_path: Path, picture: np.ndarray) -> None:
    model = write_network(tmp_path / "theirs.onnx", "Sigmoid")
    scores = Classifier.load(model, labels=("wet", "cold"), normalisation=UNIT).score(picture)
    assert scores == pytest.approx(sigmoid(logits_of(picture, 2)), abs=1e-5)


@pytest.mark.parametrize("shape", [(2,), (1, 2, 1), (1, 2, 1, 1), (1, 1, 1, 2)])
def test_a_list_of_scores_is_read_in_whatever_shape_it_comes(
    tmp_path: Path, picture: np.ndarray, shape: tuple[int, ...]
) -> None:
    model = write_network(tmp_path / "theirs.onnx", "Softmax", shape=shape)
    plain = write_network(tmp_path / "plain.onnx", "Softmax")
    wanted, found = (Classifier.load(path, labels=("a", "b"), normalisation=UNIT) for path in (plain, model))
    assert found.score(picture) == pytest.approx(wanted.score(picture), abs=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_the_number_of_a_class_is_not_taken_for_its_score(dtype: str) -> None:
    with pytest.raises(ModelError, match=f"gives {dtype} without a scale"):
        check_output("theirs.onnx", TensorInfo("class", (1,), np.dtype(dtype)))
    check_output("theirs.tflite", TensorInfo("scores", (1, 3), np.dtype("uint8"), 1 / 256))


def test_of_a_model_that_takes_several_pictures_at_once_the_remedy_is_told(tmp_path: Path) -> None:
    model = write_network(tmp_path / "theirs.onnx", shape=(4, 2), batch=4)
    with pytest.raises(ModelError, match="expected one picture at a time"):
        Classifier.load(model, labels=("a", "b"), normalisation=UNIT)


def test_what_leaves_its_sizes_open_is_told_the_command_that_fixes_them(tmp_path: Path, picture: np.ndarray) -> None:
    import onnx

    model = onnx.load(write_network(tmp_path / "plain.onnx", "Softmax"))
    sides = model.graph.input[0].type.tensor_type.shape.dim
    for side, name in zip(sides, ("batch_size", "num_channels", "height", "width")):
        side.dim_param = name
    onnx.save(model, tmp_path / "open.onnx")
    with pytest.raises(ModelError, match="a picture of any size and channels; fix the size") as raised:
        Classifier.load(tmp_path / "open.onnx", labels=("a", "b"), normalisation=UNIT)
    sides[1].dim_value = 3
    onnx.save(model, tmp_path / "open.onnx")
    with pytest.raises(ModelError, match="takes pictures of any size and has no model card; fix the size") as again:
        Classifier.load(tmp_path / "open.onnx", labels=("a", "b"), normalisation=UNIT)
    command = str(raised.value).partition("python ")[2].replace("224", str(SIDE))
    assert command == str(again.value).partition("python ")[2].replace("224", str(SIDE))
    subprocess.run([sys.executable, *command.split()], check=True, cwd=tmp_path)
    fixed, plain = (
        Classifier.load(tmp_path / name, labels=("a", "b"), normalisation=UNIT)
        for name in ("open_fixed.onnx", "plain.onnx")
    )
    assert fixed.score(picture) == pytest.approx(plain.score(picture))


def test_the_table_classifiers_of_other_tools_are_told_as_no_image_classifiers(tmp_path: Path) -> None:
    import onnx

    # As scikit-learn's are: the number of the class first, then a score for each.
    make, kinds = onnx.helper, onnx.TensorProto
    graph = make.make_graph(
        [make.make_node("ArgMax", ["row"], ["label"], axis=1, keepdims=0), make.make_node("Softmax", ["row"], ["all"])],
        "table",
        [make.make_tensor_value_info("row", kinds.FLOAT, [1, 4])],
        [
            make.make_tensor_value_info("label", kinds.INT64, [1]),
            make.make_tensor_value_info("all", kinds.FLOAT, [1, 4]),
        ],
    )
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8), tmp_path / "table.onnx")
    with pytest.raises(ModelError, match=r"of 2 dimensions\) and 2 outputs; expected an image classifier"):
        Classifier.load(tmp_path / "table.onnx", labels=("a", "b"))


def test_a_network_that_gives_the_number_of_the_class_is_told_what_to_export(tmp_path: Path) -> None:
    import onnx

    model = onnx.load(write_network(tmp_path / "theirs.onnx"))
    model.graph.node.append(onnx.helper.make_node("ArgMax", ["list"], ["class"], axis=1, keepdims=0))
    del model.graph.output[:]
    model.graph.output.append(onnx.helper.make_tensor_value_info("class", onnx.TensorProto.INT64, [1]))
    onnx.save(model, tmp_path / "theirs.onnx")
    with pytest.raises(ModelError, match=r"class is tensor\(int64\); .* and the scores of all classes out"):
        Classifier.load(tmp_path / "theirs.onnx", labels=("a", "b"))


def test_several_lists_of_scores_are_no_answer_to_one_picture(tmp_path: Path) -> None:
    model = write_network(tmp_path / "theirs.onnx", shape=(2, 1))
    with pytest.raises(ModelError, match="gives 2 x 1 values; expected the scores of one picture"):
        Classifier.load(model, labels=("a", "b"), normalisation=UNIT)


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point"),
    [("uint8", 1 / 128, 128), ("int8", 1 / 127.5, -1), ("int8", 1 / 255, -128), ("uint8", 1, 0), ("uint8", 0, 0)],
)
def test_an_input_that_is_quantized_for_a_usual_range_takes_bytes(dtype: str, scale: float, zero_point: int) -> None:
    assert takes_bytes(TensorInfo("picture", (1, 8, 8, 3), np.dtype(dtype), scale, zero_point))


@pytest.mark.parametrize(("dtype", "scale", "zero_point"), [("int8", 4.7 / 255, -14), ("int16", 1 / 32768, 0)])
def test_an_input_that_is_quantized_for_another_range_is_not_given_bytes(
    dtype: str, scale: float, zero_point: int
) -> None:
    assert not takes_bytes(TensorInfo("picture", (1, 8, 8, 3), np.dtype(dtype), scale, zero_point))


def test_quantized_probabilities_of_many_classes_need_not_sum_up_to_one() -> None:
    rounded = np.zeros((4, 1000), np.float32)
    rounded[:, 3] = 0.4
    assert guess_scores(rounded, is_quantized=True) == "softmax"
    assert guess_scores(rounded, is_quantized=False) == "sigmoid"


def test_three_means_for_a_gray_network_are_wrong_usage(tmp_path: Path) -> None:
    model = write_network(tmp_path / "theirs.onnx", channels=1)
    known = Normalisation((1.0, 2.0, 3.0), (1.0,))
    with pytest.raises(UsageError, match="expected --mean and --std of one number or of 1"):
        Classifier.load(model, labels=("a", "b"), normalisation=known)


def test_an_empty_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "empty.tflite").write_bytes(b"")
    with pytest.raises(ModelError, match="is no TFLite model, or is truncated"):
        Classifier.load(tmp_path / "empty.tflite", labels=("a", "b"))


def test_a_float_network_of_an_unknown_range_is_told_of_the_usual_ones(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"--mean 123.675,116.28,103.53 --std 58.395,57.12,57.375 \(for torchvision"):
        Classifier.load(write_network(tmp_path / "theirs.onnx"), labels=("a", "b"))


def test_of_a_network_that_may_normalise_by_itself_the_scale_is_told_and_how_many_labels_it_needs(
    tmp_path: Path,
) -> None:
    model = write_network(tmp_path / "theirs.onnx")
    with pytest.raises(
        ModelError, match=r"one label a line, 2 of them\), .* or --scale 1 where it normalises by itself"
    ):
        Classifier.load(model)
    with pytest.raises(ModelError, match=r"--scale 1 \(for 0\.\.255, where it normalises by itself\)"):
        Classifier.load(model, labels=("a", "b"))


def test_the_self_test_of_a_model_without_a_card_names_what_it_lacks(run: Run, tmp_path: Path) -> None:
    done = run("runtime", "selftest", write_network(tmp_path / "theirs.onnx"))
    assert done.returncode == 1
    assert "has no model card, and so no golden samples to test it with; they come with" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_scale_that_rounds_bytes_to_black_and_white_is_refused(models: Path, tmp_path: Path) -> None:
    import onnx

    network = onnx.load(models / "rgb_uint8.onnx")
    del network.metadata_props[:]
    onnx.save(network, tmp_path / "bare.onnx")
    labels = ("red", "green", "blue")
    with pytest.raises(UsageError, match=r"takes values of 0\.\.255, .* make 0\.\.1 of a picture; leave them out"):
        Classifier.load(tmp_path / "bare.onnx", labels=labels, normalisation=UNIT)
    assert Classifier.load(tmp_path / "bare.onnx", labels=labels).card.labels == labels
