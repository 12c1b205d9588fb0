"""Classifiers made elsewhere: adopted once, they run without flags and answer as they did."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.cli import main
from convert.describe_tflite import describe_tflite
from convert.network import load_keras
from runtime.card import InputSize, ModelCard, Normalisation
from runtime.card_file import embed_card, read_card
from runtime.classifier import Classifier
from runtime.errors import ModelError, UsageError
from runtime.operators import report_operators
from runtime.tflite_metadata import read_metadata
from tests.conftest import Run
from tests.convert.foreign import SIDE, WEIGHTS, write_first_lesson, write_onnx, write_signatures, write_tflite

Capture = pytest.CaptureFixture[str]
COLOURS = ("red", "green", "blue")
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
# As options; --mean is in the order of the channels that the network takes.
IMAGENET = ["--mean", "123.675,116.28,103.53", "--std", "58.395,57.12,57.375"]


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.txt"
    path.write_text("\n".join(COLOURS))
    return path


def adopt(*arguments: object) -> int:
    return main(["adopt", *(str(argument) for argument in arguments)])


def answers(path: Path) -> list[str]:
    """What the runtime says, without any flag, of a plain red, a green and a blue picture."""
    classifier = Classifier.load(path)
    pictures = [np.full((SIDE, SIDE, 3), np.eye(3, dtype=np.uint8)[channel] * 255) for channel in range(3)]
    return [classifier.classify(picture).label for picture in pictures]


def expected_scores(picture: np.ndarray, mean: tuple[float, ...], std: tuple[float, ...]) -> np.ndarray:
    """Of the network of tests.convert.foreign, in float64."""
    logits = ((picture.astype(np.float64) - mean) / std).mean(axis=(0, 1)) @ WEIGHTS
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("softmax", [True, False], ids=["softmax", "logits"])
def test_a_float_onnx_file_with_mean_and_std_answers_right(
    tmp_path: Path, labels: Path, layout: str, softmax: bool
) -> None:
    model, out = write_onnx(tmp_path / "theirs.onnx", layout=layout, softmax=softmax), tmp_path / "ours.onnx"
    assert adopt(model, "--labels", labels, *IMAGENET, "--out", out) == 0
    assert answers(out) == list(COLOURS)
    picture = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    assert Classifier.load(out).score(picture) == pytest.approx(expected_scores(picture, MEAN, STD), abs=1e-5)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_an_integer_tflite_file_of_the_old_kind_takes_the_bytes_as_they_are(
    tmp_path: Path, labels: Path, dtype: str
) -> None:
    model, out = write_tflite(tmp_path / "theirs.tflite", dtype=dtype), tmp_path / "ours.tflite"
    assert adopt(model, "--labels", labels, "--out", out) == 0
    assert answers(out) == list(COLOURS)
    picture = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    expected = expected_scores(picture, (127.5,), (127.5,))
    assert Classifier.load(out).score(picture) == pytest.approx(expected, abs=0.02)


def test_what_contradicts_an_input_that_takes_bytes_is_refused(tmp_path: Path, labels: Path, capsys: Capture) -> None:
    model, out = write_tflite(tmp_path / "theirs.tflite", dtype="uint8", span=(0, 255)), tmp_path / "ours.tflite"
    capsys.readouterr()  # What TensorFlow's converter prints.
    given = (model, "--labels", labels, "--out", out)
    assert "takes values of 0..255" in refusal(capsys, 2, *given, "--scale", "1/255")
    with pytest.raises(UsageError, match=r"takes values of 0\.\.255, which bytes are to it, but .* make 0\.\.1 of"):
        Classifier.load(model, labels=COLOURS, normalisation=Normalisation(std=(255.0,)))
    assert adopt(*given, "--scale", "1") == 0


def test_a_file_that_is_quantized_for_a_mean_and_std_asks_for_them(
    tmp_path: Path, labels: Path, capsys: Capture
) -> None:
    model, out = write_tflite(tmp_path / "theirs.tflite", dtype="int8", span=(-2.1, 2.6)), tmp_path / "ours.tflite"
    capsys.readouterr()  # What TensorFlow's converter prints.
    assert "give --mean and --std as it was trained" in refusal(capsys, 1, model, "--labels", labels, "--out", out)
    wrong = refusal(capsys, 2, model, "--labels", labels, "--scale", "1/255", "--out", out)
    assert "leave 55 of its 256 levels; give those that it was trained with" in wrong
    assert adopt(model, "--labels", labels, *IMAGENET, "--out", out) == 0
    picture = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    assert Classifier.load(out).score(picture) == pytest.approx(expected_scores(picture, MEAN, STD), abs=0.02)


def test_16_bit_integers_are_quantized_values_and_no_bytes(tmp_path: Path, labels: Path, capsys: Capture) -> None:
    model, out = write_tflite(tmp_path / "theirs.tflite", dtype="int16"), tmp_path / "ours.tflite"
    capsys.readouterr()  # What TensorFlow's converter prints.
    assert "give --mean and --std as it was trained" in refusal(capsys, 1, model, "--labels", labels, "--out", out)
    assert adopt(model, "--labels", labels, "--mean", "127.5", "--std", "127.5", "--out", out) == 0
    picture = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    assert Classifier.load(out).score(picture) == pytest.approx(expected_scores(picture, (127.5,), (127.5,)), abs=0.02)


@pytest.mark.parametrize("bgr", [False, True], ids=["rgb", "bgr"])
def test_a_tflite_file_whose_channels_come_first_answers_right(tmp_path: Path, labels: Path, bgr: bool) -> None:
    model, out = write_tflite(tmp_path / "theirs.tflite", channels_first=True, bgr=bgr), tmp_path / "ours.tflite"
    channels = "bgr" if bgr else "rgb"
    assert adopt(model, "--labels", labels, "--scale", "1/255", "--channels", channels, "--out", out) == 0
    assert answers(out) == list(COLOURS)


def test_a_float_tflite_file_with_a_scale_answers_right(tmp_path: Path, labels: Path) -> None:
    model, out = write_tflite(tmp_path / "theirs.tflite", dtype="float32"), tmp_path / "ours.tflite"
    assert adopt(model, "--labels", labels, "--scale", "1/255", "--fit", "squash", "--out", out) == 0
    assert answers(out) == list(COLOURS)
    card = read_card(out)
    assert card is not None
    assert (card.normalisation, card.fit.mode) == (Normalisation(std=(255.0,)), "squash")


@pytest.mark.parametrize("form", ["onnx", "tflite"])
def test_a_network_that_takes_bgr_takes_rgb_once_adopted(tmp_path: Path, labels: Path, form: str) -> None:
    write = write_onnx if form == "onnx" else write_tflite
    model, out = write(tmp_path / f"theirs.{form}", bgr=True), tmp_path / f"ours.{form}"
    bgr = ["--mean", "103.53,116.28,123.675", "--std", "57.375,57.12,58.395"]
    assert adopt(model, "--labels", labels, *bgr, "--channels", "bgr", "--out", out) == 0
    assert answers(out) == list(COLOURS)
    picture = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    assert Classifier.load(out).score(picture) == pytest.approx(expected_scores(picture, MEAN, STD), abs=1e-5)


def test_of_several_signatures_the_first_one_is_adopted(tmp_path: Path, labels: Path) -> None:
    model, out = write_signatures(tmp_path / "theirs.tflite"), tmp_path / "ours.tflite"
    assert adopt(model, "--labels", labels, "--scale", "1/255", "--channels", "bgr", "--out", out) == 0
    assert answers(out) == list(COLOURS)


def test_gray_pictures_have_no_order_of_channels(tmp_path: Path, labels: Path, capsys: Capture) -> None:
    model = write_onnx(tmp_path / "theirs.onnx", channels=1)
    given = ("--labels", labels, "--scale", "1", "--channels", "bgr", "--out", tmp_path / "ours.onnx")
    assert "takes gray pictures" in refusal(capsys, 2, model, *given)


@pytest.mark.parametrize("form", ["tflite", "onnx", "keras"])
def test_a_network_that_takes_gray_without_channels_is_adopted(tmp_path: Path, labels: Path, form: str) -> None:
    model, out = tmp_path / f"lesson.{form}", tmp_path / f"ours.{form}"
    weights = write_first_lesson(model)
    assert adopt(model, "--labels", labels, "--scale", "1/255", "--out", out) == 0
    card = read_card(out)
    assert card is not None
    assert card.input == InputSize(SIDE, SIDE, 1)
    picture = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 1)).astype(np.uint8)
    logits = (picture.reshape(-1) / 255) @ weights.astype(np.float64)
    expected = np.exp(logits) / np.exp(logits).sum()
    if form == "keras":
        found = load_keras(out).predict_on_batch(picture[np.newaxis].astype(np.float32))[0]
    else:
        found = Classifier.load(out).score(picture)
    assert found == pytest.approx(expected, abs=1e-5)


def test_small_logits_of_a_tflite_file_are_no_probabilities(tmp_path: Path, labels: Path) -> None:
    write_first_lesson(tmp_path / "lesson.tflite")
    out = tmp_path / "ours.tflite"
    assert adopt(tmp_path / "lesson.tflite", "--labels", labels, "--scale", "1/1000000", "--out", out) == 0
    picture = np.full((SIDE, SIDE, 1), 255, np.uint8)
    assert Classifier.load(out).score(picture).sum() == pytest.approx(1)


def test_a_background_class_that_the_network_lacks_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("background\nred\ngreen\nblue\n")
    model, out = write_onnx(tmp_path / "theirs.onnx"), tmp_path / "ours.onnx"
    assert adopt(model, "--labels", tmp_path / "labels.txt", *IMAGENET, "--out", out) == 0
    assert answers(out) == list(COLOURS)


def test_tflite_metadata_tells_labels_and_normalisation(tmp_path: Path) -> None:
    model, out = write_tflite(tmp_path / "theirs.tflite", dtype="float32"), tmp_path / "ours.tflite"
    described = ModelCard(
        "theirs", "", COLOURS, InputSize(SIDE, SIDE), normalisation=Normalisation((127.5,), (127.5,)), licence="MIT"
    )
    model.write_bytes(describe_tflite(model.read_bytes(), described))
    assert adopt(model, "--out", out) == 0
    assert answers(out) == list(COLOURS)
    card, metadata = read_card(out), read_metadata(out)
    assert card is not None
    assert (card.name, card.licence, card.normalisation) == ("theirs", "MIT", Normalisation((127.5,), (127.5,)))
    assert metadata is not None
    assert metadata.labels == COLOURS


@pytest.mark.parametrize("are_attributes", [False, True])
def test_weights_in_a_file_of_their_own_come_into_the_adopted_one(
    tmp_path: Path, labels: Path, are_attributes: bool
) -> None:
    import onnx

    model = onnx.load(write_onnx(tmp_path / "theirs.onnx"))
    if are_attributes:
        weights = model.graph.initializer.pop()
        model.graph.node.insert(0, onnx.helper.make_node("Constant", [], [weights.name], value=weights))
    (tmp_path / "apart").mkdir()
    apart, out = tmp_path / "apart" / "theirs.onnx", tmp_path / "ours.onnx"
    settings = {"location": "weights.bin", "size_threshold": 0, "convert_attribute": are_attributes}
    onnx.save(model, apart, save_as_external_data=True, **settings)
    assert adopt(apart, "--labels", labels, *IMAGENET, "--out", out) == 0
    (tmp_path / "apart" / "weights.bin").unlink()
    assert answers(out) == list(COLOURS)
    with pytest.raises(ModelError, match="keeps its weights in another file"):
        Classifier.load(apart, labels=COLOURS, normalisation=Normalisation())


def test_metadata_tells_the_mean_and_std_that_an_input_is_quantized_for(tmp_path: Path) -> None:
    model = write_tflite(tmp_path / "theirs.tflite", dtype="int8", span=(-2.1, 2.6))
    described = ModelCard("theirs", "", COLOURS, InputSize(SIDE, SIDE), normalisation=Normalisation(MEAN, STD))
    model.write_bytes(describe_tflite(model.read_bytes(), described))
    assert adopt(model, "--out", tmp_path / "ours.tflite") == 0
    picture = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    expected = expected_scores(picture, MEAN, STD)
    assert Classifier.load(tmp_path / "ours.tflite").score(picture) == pytest.approx(expected, abs=0.02)


def test_the_default_out_lies_beside_the_file_which_stays_as_it_was(run: Run, tmp_path: Path, labels: Path) -> None:
    model = write_onnx(tmp_path / "theirs.onnx")
    before = model.read_bytes()
    assert adopt(model, "--labels", labels, *IMAGENET, "--license", "MIT", "--name", "colours") == 0
    assert model.read_bytes() == before
    card = read_card(tmp_path / "theirs_adopted.onnx")
    assert card is not None
    assert (card.name, card.licence, card.provenance.source) == ("colours", "MIT", "theirs.onnx")
    # What onnx finds out of its shapes is noted too, so that the runtime knows what it computes.
    assert report_operators(tmp_path / "theirs_adopted.onnx").macs == WEIGHTS.size
    told = run("runtime", "info", tmp_path / "theirs_adopted.onnx").stdout.splitlines()
    assert "normalised  mean 123.675,116.28,103.53, std 58.395,57.12,57.375" in told


def refusal(capsys: Capture, status: int, *arguments: object) -> str:
    assert adopt(*arguments) == status
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    return told.err


def test_what_cannot_be_adopted_is_one_line_and_no_file(tmp_path: Path, labels: Path, capsys: Capture) -> None:
    model, out = write_onnx(tmp_path / "theirs.onnx"), tmp_path / "ours.onnx"
    two = tmp_path / "two.txt"
    two.write_text("red\ngreen\n")
    known = ("--labels", labels, "--out", out)
    assert "give --scale 1/255" in refusal(capsys, 1, model, *known)
    assert "got 2 labels; give one label for each score" in refusal(
        capsys, 1, model, "--labels", two, *IMAGENET, "--out", out
    )
    assert "tells no labels; give them: --labels" in refusal(capsys, 2, model, *IMAGENET, "--out", out)
    assert "--scale goes without" in refusal(capsys, 2, model, *known, *IMAGENET, "--scale", "1/255")
    assert "--mean: 'many', expected a number" in refusal(capsys, 2, model, *known, "--mean", "many")
    assert "ends in .onnx" in refusal(capsys, 2, model, "--labels", labels, *IMAGENET, "--out", tmp_path / "o.tflite")
    assert "no such file" in refusal(capsys, 1, tmp_path / "no.onnx", *known)
    maps = write_onnx(tmp_path / "maps.onnx", maps=True)
    assert "expected the scores of one picture" in refusal(capsys, 1, maps, *known, *IMAGENET)
    assert not out.exists()


@pytest.mark.parametrize("form", ["tflite", "onnx", "keras"])
def test_all_that_a_file_does_not_tell_is_asked_for_in_one_go(tmp_path: Path, capsys: Capture, form: str) -> None:
    model = tmp_path / f"lesson.{form}"
    write_first_lesson(model)
    capsys.readouterr()  # What TensorFlow's converter prints.
    told = refusal(capsys, 2, model)
    assert "--labels FILE (one label a line, 3 of them), and the values that it was trained with: --scale 1/255" in told
    assert "and the values" not in refusal(capsys, 2, model, "--scale", "1/255")


def test_a_file_with_a_card_is_not_adopted_again(tmp_path: Path, labels: Path, capsys: Capture) -> None:
    model = write_onnx(tmp_path / "ours.onnx")
    embed_card(model, ModelCard("ours", "", COLOURS, InputSize(SIDE, SIDE)))
    assert "has a model card already" in refusal(capsys, 1, model, "--labels", labels, *IMAGENET)


def test_a_label_that_two_classes_have_is_adopted_and_told(tmp_path: Path, capsys: Capture) -> None:
    model, names = write_onnx(tmp_path / "theirs.onnx"), tmp_path / "names.txt"
    names.write_text("crane\nheron\ncrane\n")
    assert adopt(model, "--labels", names, *IMAGENET, "--out", tmp_path / "ours.onnx") == 0
    (told,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("caution")]
    assert told.startswith("caution: crane: the label of more than one class")
    names.write_text("crane\nheron\negret\n")
    assert adopt(model, "--labels", names, *IMAGENET, "--out", tmp_path / "ours.onnx") == 0
    assert "caution" not in capsys.readouterr().out
