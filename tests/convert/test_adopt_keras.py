"""Networks saved by plain Keras: adopted once, they take bytes and give probabilities, and are converted like ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert.cli import main
from convert.keras_file import read_keras_file
from convert.network import load_network
from runtime.backends import open_backend
from runtime.card_file import read_card
from tests.convert.conftest import Trained
from tests.convert.foreign import SIDE, WEIGHTS

Capture = pytest.CaptureFixture[str]
COLOURS = ("red", "green", "blue")


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.txt"
    path.write_text("\n".join(COLOURS))
    return path


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (4, SIDE, SIDE, 3)).astype(np.uint8)


def save_network(
    path: Path, *before: Any, activation: str | None = "softmax", classes: int = 3, policy: str = "float32"
) -> Path:
    """A mean over the picture, one matrix and the activation, behind the layers `before`."""
    import keras

    picture = values = keras.Input((SIDE, SIDE, 3))
    for layer in (*before, keras.layers.GlobalAveragePooling2D(dtype=policy)):
        values = layer(values)
    dense = keras.layers.Dense(classes, activation=activation, dtype=policy)
    model = keras.Model(picture, dense(values))
    dense.set_weights([WEIGHTS[:, :classes], np.zeros(classes, np.float32)])
    model.save(path)
    return path


def adopt(*arguments: object) -> int:
    return main(["adopt", *(str(argument) for argument in arguments)])


def scores_of(path: Path, pictures: np.ndarray) -> np.ndarray:
    return load_network(read_keras_file(path)).scores(pictures)


def expected_scores(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values.mean(axis=(1, 2)) @ WEIGHTS.astype(np.float64))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("activation", ["softmax", None], ids=["softmax", "logits"])
def test_the_range_that_it_was_trained_on_and_a_missing_softmax_become_layers(
    tmp_path: Path, labels: Path, pictures: np.ndarray, activation: str | None
) -> None:
    model, out = save_network(tmp_path / "plain.keras", activation=activation), tmp_path / "ours.keras"
    assert adopt(model, "--labels", labels, "--mean", "127.5,120,110", "--std", "60,50,40", "--out", out) == 0
    card = read_card(out)
    assert card is not None
    assert (card.labels, card.scores, card.normalisation.is_identity) == (COLOURS, "softmax", True)
    expected = expected_scores((pictures.astype(np.float64) - (127.5, 120, 110)) / (60, 50, 40))
    assert scores_of(out, pictures) == pytest.approx(expected, abs=1e-5)


def test_a_network_that_normalises_by_itself_stays_as_it_is(tmp_path: Path, labels: Path, pictures: np.ndarray) -> None:
    import keras

    model = save_network(tmp_path / "plain.keras", keras.layers.RandomFlip(), keras.layers.Rescaling(1 / 127.5, -1))
    assert adopt(model, "--labels", labels) == 0
    expected = expected_scores(pictures.astype(np.float64) / 127.5 - 1)
    assert scores_of(tmp_path / "plain_adopted.keras", pictures) == pytest.approx(expected, abs=1e-5)


def test_a_network_that_normalises_by_itself_and_is_told_to_be_scaled_is_adopted_and_told(
    tmp_path: Path, labels: Path, capsys: Capture
) -> None:
    import keras

    given = (save_network(tmp_path / "theirs.keras", keras.layers.Rescaling(2, -1)), "--labels", labels, "--scale")
    assert adopt(*given, "1", "--out", tmp_path / "ours.keras") == 0
    assert "caution" not in capsys.readouterr().out
    assert adopt(*given, "1/255", "--out", tmp_path / "ours.keras") == 0
    assert f"caution: {given[0]} has a Rescaling layer of its own, behind the --scale" in capsys.readouterr().out


def test_a_network_that_is_adopted_in_its_place_is_not_told_of_the_layer_that_it_got(
    tmp_path: Path, labels: Path, capsys: Capture
) -> None:
    model = save_network(tmp_path / "plain.keras")
    assert adopt(model, "--labels", labels, "--scale", "1/255", "--out", model) == 0
    assert "caution" not in capsys.readouterr().out


def test_a_range_that_nothing_tells_is_asked_for(tmp_path: Path, labels: Path, capsys: Capture) -> None:
    model, out = save_network(tmp_path / "plain.keras"), tmp_path / "ours.keras"
    assert adopt(model, "--labels", labels, "--out", out) == 2
    told = capsys.readouterr().err
    assert "has no Rescaling or Normalization layer" in told
    assert told.count("\n") == 1
    assert not out.exists()


def test_a_network_that_answers_with_nan_is_not_adopted(tmp_path: Path, labels: Path, capsys: Capture) -> None:
    import keras

    source = save_network(tmp_path / "theirs.keras", keras.layers.Rescaling(float("nan")))
    assert adopt(source, "--labels", labels) == 1
    assert f"{source}: answers with NaN or infinity to 4 of 4 pictures" in capsys.readouterr().err
    assert not (tmp_path / "theirs_adopted.keras").exists()


def test_a_folder_that_is_missing_is_told_with_the_file_that_was_asked_for(
    tmp_path: Path, labels: Path, capsys: Capture
) -> None:
    source, out = save_network(tmp_path / "theirs.keras"), tmp_path / "nowhere" / "ours.keras"
    assert adopt(source, "--labels", labels, "--scale", 1, "--out", out) == 1
    assert f"convert: {out}: not written ([Errno 2] No such file or directory: '{out}')" in capsys.readouterr().err


def test_one_logit_becomes_the_probability_of_the_second_label(tmp_path: Path, pictures: np.ndarray) -> None:
    (tmp_path / "labels.txt").write_text("no\nyes\n")
    model, out = save_network(tmp_path / "plain.keras", activation=None, classes=1), tmp_path / "ours.keras"
    assert adopt(model, "--labels", tmp_path / "labels.txt", "--mean", "128", "--std", "9", "--out", out) == 0
    logits = ((pictures.astype(np.float64) - 128) / 9).mean(axis=(1, 2)) @ WEIGHTS[:, :1]
    assert scores_of(out, pictures)[:, 1:] == pytest.approx(1 / (1 + np.exp(-logits)), abs=1e-5)


def test_one_logit_is_one_also_where_it_lies_between_0_and_1(tmp_path: Path, pictures: np.ndarray) -> None:
    import keras

    # The mean of a channel, 0..1 for any picture.
    source, out = tmp_path / "theirs.keras", tmp_path / "ours.keras"
    save_network(source, keras.layers.Rescaling(1 / 510), activation=None, classes=1)
    labels = tmp_path / "two.txt"
    labels.write_text("cat\ndog\n")
    assert adopt(source, "--labels", labels, "--out", out) == 0
    logits = pictures[..., 0].mean(axis=(1, 2)) / 255
    assert np.allclose(scores_of(out, pictures)[:, 1], 1 / (1 + np.exp(-logits)), atol=1e-5)


def test_scores_that_have_a_name_are_adopted_as_a_list(tmp_path: Path, labels: Path, pictures: np.ndarray) -> None:
    import keras

    picture = keras.Input((SIDE, SIDE, 3))
    values = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(picture))
    source, out = tmp_path / "theirs.keras", tmp_path / "ours.keras"
    keras.Model(picture, {"kind": keras.layers.Dense(3, activation="softmax")(values)}).save(source)
    assert adopt(source, "--labels", labels, "--out", out) == 0
    expected = keras.saving.load_model(source, compile=False).predict(pictures, verbose=0)["kind"]
    assert np.allclose(scores_of(out, pictures), expected, atol=1e-5)


def test_a_network_that_takes_bgr_takes_rgb_once_adopted(tmp_path: Path, labels: Path, pictures: np.ndarray) -> None:
    model, out = save_network(tmp_path / "plain.keras"), tmp_path / "ours.keras"
    mean = ["--mean", "104,117,123", "--std", "50"]
    assert adopt(model, "--labels", labels, *mean, "--channels", "bgr", "--out", out) == 0
    expected = expected_scores((pictures[..., ::-1].astype(np.float64) - (104, 117, 123)) / 50)
    assert scores_of(out, pictures) == pytest.approx(expected, abs=1e-5)


def test_a_network_that_takes_bgr_keeps_its_answers_in_integers(
    tmp_path: Path, labels: Path, colours: Trained, pictures: np.ndarray
) -> None:
    import keras

    normalise = keras.layers.Normalization(mean=(100, 120, 140), variance=(900, 1600, 2500))
    model, out, small = (tmp_path / name for name in ("plain.keras", "ours.keras", "ours.tflite"))
    assert adopt(save_network(model, normalise), "--labels", labels, "--channels", "bgr", "--out", out) == 0
    given = [out, "--calibrate", colours.data, "--golden", "none", "--check-images", 50, "--min-agreement", 0]
    assert main([str(argument) for argument in (*given, "--out", small)]) == 0
    found = np.stack([open_backend(small).run(picture) for picture in pictures])
    assert found == pytest.approx(scores_of(out, pictures), abs=0.05)


@pytest.mark.parametrize("policy", ["mixed_float16", "float16", "bfloat16"])
def test_a_network_of_another_precision_is_converted_in_float32(tmp_path: Path, labels: Path, policy: str) -> None:
    import keras

    model = save_network(tmp_path / "plain.keras", keras.layers.Rescaling(1 / 255), policy=policy)
    out = tmp_path / "ours.keras"
    assert adopt(model, "--labels", labels, "--out", out) == 0
    data = tmp_path / "data.npz"
    few = np.random.default_rng(0).integers(0, 256, (30, SIDE, SIDE, 3)).astype(np.uint8)
    np.savez(data, x_train=few, y_train=np.arange(30) % 3, x_test=few, y_test=np.arange(30) % 3, labels=COLOURS)
    given = [str(out), "--to", "tflite", "--recipe", "float32", "--calibrate", str(data), "--golden", "none"]
    assert main([*given, "--out", str(tmp_path / "ours.tflite")]) == 0


@pytest.mark.parametrize("form", ["map", "vector"])
def test_what_is_no_classifier_of_pictures_is_one_line(
    tmp_path: Path, labels: Path, capsys: Capture, form: str
) -> None:
    import keras

    picture = keras.Input((SIDE, SIDE, 3) if form == "map" else (SIDE,))
    layer = keras.layers.Conv2D(3, 1) if form == "map" else keras.layers.Dense(3)
    keras.Model(picture, layer(picture)).save(tmp_path / "plain.keras")
    assert adopt(tmp_path / "plain.keras", "--labels", labels, "--scale", "1") == 1
    told = capsys.readouterr().err
    assert "expected an image classifier with a fixed keras.Input" in told
    assert told.count("\n") == 1
