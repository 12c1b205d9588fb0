"""What is wrong gives one line and the right exit status, and leaves no file."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convert.cli import main
from convert.failure import explain_failure
from runtime.card import InputSize
from runtime.errors import ConversionError
from tests.convert.conftest import Trained
from tests.convert.networks import COLOUR_LABELS, SIDE, save, spoil_features, write_large_weights
from tests.runtime.small_disk import small_disk

Capture = pytest.CaptureFixture[str]
SIZE = InputSize(SIDE, SIDE)


def complaint(capture: Capture, status: int, *arguments: object) -> str:
    """The one line that a call ends with, which must have this exit status."""
    assert main([str(argument) for argument in arguments]) == status
    told = capture.readouterr()
    assert told.out == ""
    assert told.err.startswith("convert: ")
    assert told.err.count("\n") == 1
    return told.err


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("form", ["tflite", "onnx"])
def test_a_network_that_quantizes_badly_is_caught(colours: Trained, tmp_path: Path, capsys: Capture, form: str) -> None:
    spoilt = spoil_features(colours.model, tmp_path / "spoilt.keras")
    told = complaint(capsys, 1, spoilt, "--to", form, "--calibrate", colours.data, "--calibration-images", 30)
    assert "--min-agreement 0.97" in told
    assert "--recipe float32" in told
    assert files(tmp_path) == ["spoilt.keras"]


def test_a_file_that_was_there_before_a_failure_stays_as_it_was(
    colours: Trained, tmp_path: Path, capsys: Capture
) -> None:
    spoilt, out = spoil_features(colours.model, tmp_path / "spoilt.keras"), tmp_path / "old.tflite"
    out.write_bytes(b"the old one")
    complaint(capsys, 1, spoilt, "--out", out, "--calibrate", colours.data, "--calibration-images", 30)
    assert out.read_bytes() == b"the old one"
    assert files(tmp_path) == ["old.tflite", "spoilt.keras"]


def test_a_network_that_quantizes_badly_is_fine_in_float32(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    spoilt = spoil_features(colours.model, tmp_path / "spoilt.keras")
    given = (spoilt, "--to", "tflite", "--recipe", "float32", "--calibrate", colours.data)
    assert main([str(argument) for argument in given]) == 0
    assert "agreement         100.0%" in capsys.readouterr().out
    assert files(tmp_path) == ["spoilt.keras", "spoilt_float32.tflite"]


def test_a_network_that_answers_with_nan_is_not_agreed_with(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    broken = write_large_weights(tmp_path / "broken.keras", float("nan"))
    given = ("--to", "tflite,onnx", "--recipe", "float32", "--calibrate", colours.data, "--golden", "none")
    told = complaint(capsys, 1, broken, *given)
    assert f"{broken}: answers with NaN or infinity to 100 of 100 pictures" in told
    assert files(tmp_path) == ["broken.keras"]


def test_weights_that_are_too_large_for_float16_are_told_by_what_they_do(
    colours: Trained, tmp_path: Path, capsys: Capture
) -> None:
    large = write_large_weights(tmp_path / "large.keras", 1e6)
    told = complaint(capsys, 1, large, "--to", "onnx", "--recipe", "float16", "--calibrate", colours.data)
    assert f"answers with NaN or infinity to 100 of 100 pictures, and {large} to none; try --recipe float32" in told
    assert files(tmp_path) == ["large.keras"]


def test_a_missing_model_is_named(tmp_path: Path, capsys: Capture) -> None:
    assert "no.keras: no such file" in complaint(
        capsys, 1, tmp_path / "no.keras", "--to", "onnx", "--calibrate", tmp_path
    )


def test_a_text_file_named_keras_is_no_model(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "text.keras").write_text("no model")
    told = complaint(capsys, 1, tmp_path / "text.keras", "--to", "onnx", "--calibrate", tmp_path)
    assert "is no Keras file" in told


def test_what_is_converted_already_is_told_to_be_adopted(models: Path, tmp_path: Path, capsys: Capture) -> None:
    model = models / "rgb_float32.onnx"
    told = complaint(capsys, 1, model, "--to", "tflite", "--calibrate", tmp_path)
    assert f"a .onnx is not converted again, but runs as it is: python -m convert adopt {model}" in told


def test_a_truncated_model_is_no_model(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "half.keras").write_bytes(colours.model.read_bytes()[:5000])
    told = complaint(capsys, 1, tmp_path / "half.keras", "--to", "onnx", "--calibrate", colours.data)
    assert "half.keras" in told


def test_a_model_without_a_card_says_how_to_get_one(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    import keras

    plain = tmp_path / "plain.keras"
    keras.saving.load_model(colours.model).save(plain)
    words = complaint(capsys, 1, plain, "--to", "onnx", "--calibrate", colours.data)
    assert f"python -m convert adopt {plain}" in words


def colour_picture() -> Any:
    import keras

    return keras.Input((SIDE, SIDE, 3))


def test_a_lambda_layer_is_named_and_not_run(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    import keras

    picture = colour_picture()
    doubled = keras.layers.Lambda(lambda values: values * 2, name="doubling")(picture)
    scores = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(doubled))
    path = save(keras.Model(picture, scores), tmp_path / "lambda.keras", COLOUR_LABELS, SIZE)
    told = complaint(capsys, 1, path, "--to", "tflite", "--calibrate", colours.data)
    assert "layer doubling is a Lambda" in told


def test_a_custom_layer_is_named(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    import keras

    class Doubling(keras.layers.Layer):  # type: ignore[misc]
        def call(self, values: Any) -> Any:
            return values * 2

    picture = colour_picture()
    scores = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(Doubling(name="twice")(picture)))
    path = save(keras.Model(picture, scores), tmp_path / "custom.keras", COLOUR_LABELS, SIZE)
    told = complaint(capsys, 1, path, "--to", "tflite", "--calibrate", colours.data)
    assert "twice is a custom Doubling" in told


@pytest.mark.parametrize("module", ["keras.src.engine.functional", "tf_keras.src.engine.functional"])
def test_a_network_of_keras_2_is_told_as_such(colours: Trained, tmp_path: Path, capsys: Capture, module: str) -> None:
    old = tmp_path / "old.keras"
    with zipfile.ZipFile(colours.model) as archive, zipfile.ZipFile(old, "w") as written:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "config.json":
                config = json.loads(content)
                assert config["class_name"] == "Functional"
                content = json.dumps({**config, "module": module}).encode()
            written.writestr(name, content)
    told = complaint(capsys, 1, old, "--to", "tflite", "--calibrate", colours.data)
    assert "was saved by Keras 2, expected Keras 3; where it was made, make a .tflite of it" in told


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_a_network_that_keras_has_rounded_is_wanted_as_it_was_before(
    colours: Trained, tmp_path: Path, capsys: Capture, mode: str
) -> None:
    import keras

    picture = colour_picture()
    model = keras.Model(picture, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(picture)))
    model.quantize(mode)
    path = save(model, tmp_path / "rounded.keras", COLOUR_LABELS, SIZE)
    told = complaint(capsys, 1, path, "--to", "tflite", "--calibrate", colours.data)
    assert f"has layers that Keras has rounded to {mode}" in told
    assert "save it as it was before its quantize()" in told


@pytest.mark.parametrize("kind", ["two outputs", "a map of scores"])
def test_a_network_that_is_no_classifier_is_refused(
    colours: Trained, tmp_path: Path, capsys: Capture, kind: str
) -> None:
    import keras

    picture = colour_picture()
    cells = keras.layers.Conv2D(3, 1)(picture)
    pooled = keras.layers.GlobalAveragePooling2D()(cells)
    outputs = [pooled, pooled] if kind == "two outputs" else cells
    path = save(keras.Model(picture, outputs), tmp_path / "other.keras", COLOUR_LABELS, SIZE)
    told = complaint(capsys, 1, path, "--to", "tflite", "--calibrate", colours.data)
    assert "expected an image classifier" in told


def test_a_card_with_other_labels_or_another_size_than_the_network_is_refused(
    colours: Trained, tmp_path: Path, capsys: Capture
) -> None:
    import keras

    model = keras.saving.load_model(colours.model)
    more = save(model, tmp_path / "more.keras", (*COLOUR_LABELS, "gray"), SIZE)
    assert "4 labels" in complaint(capsys, 1, more, "--to", "tflite", "--calibrate", colours.data)
    larger = save(model, tmp_path / "larger.keras", COLOUR_LABELS, InputSize(SIDE + 1, SIDE))
    assert "its card says" in complaint(capsys, 1, larger, "--to", "tflite", "--calibrate", colours.data)


def test_data_that_is_missing_or_empty_is_named(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    assert "no such file or folder" in complaint(
        capsys, 1, colours.model, "--to", "onnx", "--calibrate", tmp_path / "no"
    )
    assert "no pictures" in complaint(capsys, 1, colours.model, "--to", "onnx", "--calibrate", tmp_path)


def test_pictures_of_other_classes_than_the_networks_are_refused(
    colours: Trained, clothes: Trained, tmp_path: Path, capsys: Capture
) -> None:
    told = complaint(capsys, 1, colours.model, "--to", "tflite", "--calibrate", clothes.data, "--out", tmp_path)
    assert "are not among the model's 3 labels" in told and "10 of its 10 classes (" in told
    assert files(tmp_path) == []


def test_an_out_in_a_folder_that_is_not_there_is_refused(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "no" / "such" / "a.tflite"
    assert "there is no folder" in complaint(capsys, 1, colours.model, "--calibrate", colours.data, "--out", out)


def test_bad_data_leave_no_folder_for_the_files(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    given = ("--to", "tflite,onnx", "--calibrate", tmp_path / "no", "--out", tmp_path / "family")
    complaint(capsys, 1, colours.model, *given)
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_one_line(colours: Trained, capsys: Capture) -> None:
    # Nobody, the superuser included, makes folders in this one.
    given = ("--to", "tflite,onnx", "--calibrate", colours.data, "--check-images", 20, "--out", "/proc/family")
    assert "/proc/family" in complaint(capsys, 1, colours.model, *given)


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.keras"],
        ["a.keras", "--calibrate", "d"],
        ["a.keras", "--calibrate", "d", "--to", "pdf"],
        ["a.keras", "--calibrate", "d", "--to", "onnx", "--out", "a.tflite"],
        ["a.keras", "--calibrate", "d", "--to", "onnx", "--recipe", "int3"],
        ["a.keras", "--calibrate", "d", "--to", "onnx", "--calibration-images", "0"],
        ["a.keras", "--calibrate", "d", "--to", "onnx", "--min-agreement", "97"],
        ["a.keras", "--calibrate", "d", "--to", "onnx", "--recipe", "int16x8"],
        ["a.keras", "--calibrate", "d", "--to", "onnx", "--max-drop", "few"],
        ["a.keras", "--calibrate", "d", "--to", "tflite", "--calibration", "entropy"],
        ["a.keras", "--calibrate", "d", "--to", "tflite,onnx", "--out", "a.onnx"],
        ["a.keras", "--calibrate", "d", "--to", "onnx", "--no-such-option"],
        ["adopt"],
        ["adopt", "a.keras", "--labels", "l", "--channels", "cmyk"],
    ],
)
def test_wrong_usage_is_one_line_and_exit_status_2(capsys: Capture, arguments: list[str]) -> None:
    complaint(capsys, 2, *arguments)


def test_a_folder_of_pictures_that_cannot_be_read_is_refused(colours: Trained, tmp_path: Path, capfd: Capture) -> None:
    folder = tmp_path / "red"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.png").write_bytes(b"no picture")
    assert main([str(colours.model), "--to", "tflite", "--calibrate", str(tmp_path)]) == 1
    lines = capfd.readouterr().err.splitlines()
    assert lines[0].endswith("left out")
    assert lines[-1].endswith("can be read; give other data")


def test_a_picture_that_cannot_be_read_is_told_once_however_many_files_are_made(
    colours: Trained, tmp_path: Path, capfd: Capture
) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    for number in range(8):
        Image.fromarray(np.full((9, 9, 3), 30 * number, np.uint8)).save(folder / f"{number}.png")
    (folder / "broken.png").write_bytes(b"no picture")
    given = [colours.model, "--to", "tflite", "--recipe", "float32,float16", "--calibrate", folder, "--out", tmp_path]
    assert main([str(argument) for argument in (*given, "--min-agreement", 0)]) == 0
    told = [line for line in capfd.readouterr().err.splitlines() if "broken.png" in line]
    assert len(told) == 1 and told[0].endswith("left out")


@pytest.mark.parametrize("recipe", ["float32", "int8"])
@pytest.mark.parametrize(("form", "named"), [("tflite", "TFLite"), ("onnx", "ONNX")])
def test_an_operator_that_only_tensorflow_has_is_named(
    colours: Trained, tmp_path: Path, capsys: Capture, form: str, named: str, recipe: str
) -> None:
    import keras

    picture = keras.Input((SIDE, SIDE, 3))
    values = keras.ops.erfinv(keras.layers.Rescaling(1 / 300)(picture))
    scores = keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling2D()(values))
    model = save(keras.Model(picture, scores), tmp_path / "net.keras", COLOUR_LABELS, SIZE)
    few = ("--calibration-images", 10, "--check-images", 20, "--min-agreement", 0)
    told = complaint(capsys, 1, model, "--to", form, "--recipe", recipe, "--calibrate", colours.data, *few)
    assert f"{named} has no operator Erfinv" in told
    assert files(tmp_path) == ["net.keras"]


def test_a_reason_of_onnxruntime_is_told_without_its_number() -> None:
    import onnxruntime

    with pytest.raises(ConversionError) as told, explain_failure("it cannot be read"):
        onnxruntime.InferenceSession(b"no model")
    assert str(told.value).startswith("it cannot be read (Failed to load model")


def test_a_full_disk_is_told_with_the_file_that_was_asked_for(
    colours: Trained, tmp_path: Path, capsys: Capture
) -> None:
    with small_disk(tmp_path) as disk:
        (disk / "full").write_bytes(bytes(60_000))
        out = disk / "small.tflite"
        told = complaint(capsys, 1, colours.model, "--out", out, "--recipe", "float32", "--calibrate", colours.data)
        assert told.startswith(f"convert: {out}: not written ([Errno 28] No space left on device: '{out}'); ")
        assert files(disk) == ["full"]
