"""What goes wrong on a user's machine: each gives one line with what, why and the remedy, and no traceback."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT, Run

FAILED, WRONG_USAGE = 1, 2


def assert_one_line(done: subprocess.CompletedProcess[str], status: int, *told: str) -> None:
    assert done.returncode == status, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for part in told:
        assert part in lines[-1]


@pytest.fixture
def model(models: Path) -> Path:
    return models / "rgb_int8.tflite"


@pytest.fixture
def red(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.fromarray(np.broadcast_to(np.uint8((255, 0, 0)), (20, 20, 3)).copy()).save(path)
    return path


def test_a_missing_file(run: Run, model: Path) -> None:
    assert_one_line(run("runtime", "classify", "no.jpg", "--model", model), FAILED, "no.jpg: no such file or folder")
    assert_one_line(run("runtime", "info", "no.tflite"), FAILED, "no.tflite: no such file")


def test_a_folder_without_pictures(run: Run, model: Path, tmp_path: Path) -> None:
    assert_one_line(run("runtime", "classify", tmp_path, "--model", model), FAILED, "no pictures in this folder")


@pytest.mark.parametrize("suffix", [".tflite", ".onnx", ".keras"])
def test_a_text_file_named_as_a_model(run: Run, tmp_path: Path, red: Path, suffix: str) -> None:
    path = tmp_path / f"text{suffix}"
    path.write_text("This is no model. " * 20)
    labels = tmp_path / "labels.txt"
    labels.write_text("a\nb\nc\n")
    done = run("runtime", "classify", red, "--model", path, "--labels", labels)
    assert_one_line(done, FAILED, f"text{suffix}")


def test_a_file_that_is_no_model_at_all(run: Run, red: Path) -> None:
    assert_one_line(run("runtime", "classify", red, "--model", red), FAILED, ".tflite", ".onnx")


@pytest.mark.parametrize("name", ["rgb_int8.tflite", "rgb_float32.onnx"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_a_truncated_model(run: Run, models: Path, tmp_path: Path, red: Path, name: str, share: float) -> None:
    content = (models / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(content[: int(len(content) * share)])
    labels = tmp_path / "labels.txt"
    labels.write_text("red\ngreen\nblue\n")
    done = run("runtime", "classify", red, "--model", path, "--labels", labels, "--scale", "1")
    if share == 0.9 and name.endswith(".tflite") and done.returncode == 0:
        # Only the appended card was cut off; the network is whole and the labels were given.
        assert json.loads(done.stdout)["predictions"][0]["label"] == "red"
        return
    assert_one_line(done, FAILED, str(path))


def test_a_model_without_a_card_asks_for_labels_and_a_float_one_for_its_range(
    run: Run, models: Path, tmp_path: Path, red: Path
) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("red\ngreen\nblue\n")
    bare = {}
    for name in ("rgb_int8.tflite", "rgb_float32.tflite"):
        bare[name] = tmp_path / name
        shutil.copy(models / name, bare[name])
        strip_card(bare[name])
    assert_one_line(run("runtime", "classify", red, "--model", bare["rgb_int8.tflite"]), FAILED, "--labels")
    done = run("runtime", "classify", red, "--model", bare["rgb_float32.tflite"], "--labels", labels)
    assert_one_line(done, FAILED, "--scale 1/255", "--mean")
    for arguments in (
        [bare["rgb_int8.tflite"], "--labels", labels],
        [bare["rgb_float32.tflite"], "--labels", labels, "--scale", "1"],
        [bare["rgb_float32.tflite"], "--labels", labels, "--mean", "0,0,0", "--std", "1"],
    ):
        answer = run("runtime", "classify", red, "--model", *arguments)
        assert json.loads(answer.stdout)["predictions"][0]["label"] == "red", answer.stderr


def strip_card(path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        start = archive.infolist()[0].header_offset
    path.write_bytes(path.read_bytes()[:start])


@pytest.mark.parametrize(("lines", "fits"), [(2, False), (3, True), (5, False)])
def test_labels_that_do_not_match_the_output_count(
    run: Run, model: Path, tmp_path: Path, red: Path, lines: int, fits: bool
) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("".join(f"label {number}\n" for number in range(lines)))
    done = run("runtime", "classify", red, "--model", model, "--labels", labels)
    if fits:
        assert json.loads(done.stdout)["predictions"][0]["label"] == "label 0"
    else:
        assert_one_line(done, FAILED, f"{lines} labels", "3 scores")


def test_a_leading_background_line_is_recognised_by_the_count(run: Run, model: Path, tmp_path: Path, red: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("background\nrouge\nvert\nbleu\n")
    done = run("runtime", "classify", red, "--model", model, "--labels", labels)
    assert json.loads(done.stdout)["predictions"][0] == {
        "label": "rouge",
        "index": 0,
        "score": pytest.approx(0.996, abs=0.01),
    }


@pytest.fixture
def odd_models(tmp_path: Path) -> dict[str, Path]:
    """ONNX files that are no classifier of pictures: a custom operator, a detector, and numbers for input."""
    pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 8, 8, 3])
    boxes = helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, 8, 8, 3])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 8, 8, 3])
    numbers = helper.make_tensor_value_info("numbers", TensorProto.FLOAT, [1, 13])
    answer = helper.make_tensor_value_info("answer", TensorProto.FLOAT, [1, 13])
    graphs = {
        "custom": ([helper.make_node("Mystery", ["picture"], ["boxes"], domain="acme")], [picture], [boxes]),
        "detector": (
            [helper.make_node("Relu", ["picture"], ["boxes"]), helper.make_node("Abs", ["picture"], ["scores"])],
            [picture],
            [boxes, scores],
        ),
        "segmenter": ([helper.make_node("Relu", ["picture"], ["boxes"])], [picture], [boxes]),
        "table": ([helper.make_node("Relu", ["numbers"], ["answer"])], [numbers], [answer]),
    }
    paths = {}
    for name, (nodes, inputs, outputs) in graphs.items():
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("acme", 1)]
        model = helper.make_model(helper.make_graph(nodes, name, inputs, outputs), opset_imports=opsets, ir_version=8)
        paths[name] = tmp_path / f"{name}.onnx"
        paths[name].write_bytes(model.SerializeToString())
    return paths


@pytest.mark.parametrize(
    ("name", "told"),
    [("custom", "Mystery"), ("detector", "2 outputs"), ("segmenter", "8 x 8 x 3"), ("table", "2 dimensions")],
)
def test_a_model_that_is_no_classifier(
    run: Run, odd_models: dict[str, Path], tmp_path: Path, red: Path, name: str, told: str
) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("red\ngreen\nblue\n")
    done = run("runtime", "classify", red, "--model", odd_models[name], "--labels", labels, "--scale", "1")
    assert_one_line(done, FAILED, told)


def test_a_tflite_model_with_a_custom_operator(run: Run, tmp_path: Path, red: Path) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    path = tmp_path / "custom.tflite"

    @tensorflow.function(input_signature=[tensorflow.TensorSpec([1, 8, 8, 3], tensorflow.float32)])
    def network(picture):  # type: ignore[no-untyped-def]
        # No TFLite kernel: the converter can only pass it on as a custom operator.
        return tensorflow.math.digamma(tensorflow.reduce_mean(picture, [1, 2]))

    converter = tensorflow.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()])
    converter.allow_custom_ops = True
    path.write_bytes(converter.convert())
    labels = tmp_path / "labels.txt"
    labels.write_text("red\ngreen\nblue\n")
    done = run("runtime", "classify", red, "--model", path, "--labels", labels, "--scale", "1")
    assert_one_line(done, FAILED, "custom operator Digamma")


def test_a_tflite_model_with_operators_of_tensorflow_itself(run: Run, tmp_path: Path, red: Path) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    path, labels = tmp_path / "flex.tflite", tmp_path / "labels.txt"

    @tensorflow.function(input_signature=[tensorflow.TensorSpec([1, 8, 8, 3], tensorflow.float32)])
    def network(picture):  # type: ignore[no-untyped-def]
        contrasted = tensorflow.raw_ops.AdjustContrastv2(images=picture, contrast_factor=2.0)
        return tensorflow.reduce_mean(contrasted, [1, 2])

    converter = tensorflow.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()])
    sets = tensorflow.lite.OpsSet
    converter.target_spec.supported_ops = [sets.TFLITE_BUILTINS, sets.SELECT_TF_OPS]
    path.write_bytes(converter.convert())
    labels.write_text("red\ngreen\nblue\n")
    done = run("runtime", "classify", red, "--model", path, "--labels", labels, "--scale", "1")
    assert_one_line(
        done, FAILED, "needs operators of TensorFlow itself (AdjustContrastv2), which", "convert it without"
    )


def test_a_tflite_model_that_is_compiled_for_a_coral(run: Run, models: Path, tmp_path: Path, red: Path) -> None:
    schema = pytest.importorskip("tensorflow.lite.python.schema_py_generated")
    flatbuffers = pytest.importorskip("flatbuffers")
    network = schema.ModelT.InitFromPackedBuf((models / "rgb_int8.tflite").read_bytes(), 0)
    # As its compiler does: what it takes becomes one operator of its own.
    network.operatorCodes[0].builtinCode = network.operatorCodes[0].deprecatedBuiltinCode = (
        schema.BuiltinOperator.CUSTOM
    )
    network.operatorCodes[0].customCode = b"edgetpu-custom-op"
    builder = flatbuffers.Builder()
    builder.Finish(network.Pack(builder), b"TFL3")
    path = tmp_path / "rgb_edgetpu.tflite"
    path.write_bytes(builder.Output())
    done = run("runtime", "classify", red, "--model", path)
    assert_one_line(done, FAILED, "is compiled for a Coral Edge TPU", "take the file that it was compiled from")


def test_a_truncated_jpeg(run: Run, model: Path, photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes((photos / "cat.jpg").read_bytes()[:20_000])
    assert_one_line(run("runtime", "classify", path, "--model", model), FAILED, "cut.jpg", "truncated")


def test_a_picture_of_60000_by_60000_pixels(run: Run, model: Path, tmp_path: Path) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    path = tmp_path / "bomb.png"
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    assert_one_line(run("runtime", "classify", path, "--model", model), FAILED, "bomb.png", "pixels")


def test_a_camera_that_does_not_exist(run: Run, model: Path) -> None:
    done = run("runtime", "classify", "--camera", "/dev/video77", "--model", model)
    assert_one_line(done, FAILED, "/dev/video77: no such camera", "--camera test")


@pytest.mark.parametrize("option", [("--camera-size", "640x480"), ("--raw", "8x8:rgb24")])
def test_what_an_address_cannot_have_is_told_without_its_password(run: Run, model: Path, option: list[str]) -> None:
    done = run("runtime", "classify", "--camera", "rtsp://anna:geheim@shed/1", *option, "--model", model)
    assert_one_line(done, WRONG_USAGE, "rtsp://shed/1", option[0])
    assert "geheim" not in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device and become somebody else")
def test_a_camera_that_the_user_may_not_open(model: Path) -> None:
    device = Path("/dev/video78")
    try:
        os.mknod(device, 0o600 | 0o020000, os.makedev(81, 78))
    except OSError as error:
        pytest.skip(f"no device can be made here: {error}")
    try:
        # Imported before the change of user, who may not read a checkout in root's home.
        code = f"""
import os, runtime.sources.usb_camera
from runtime.card import InputSize, ModelCard
from runtime.sources import open_camera
os.setgroups([]); os.setgid(65534); os.setuid(65534)
next(iter(open_camera({str(device)!r}, ModelCard("a", "b", ("c", "d"), InputSize(8, 8)))))
"""
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
        assert "sudo usermod -aG video" in done.stderr
    finally:
        device.unlink()


def test_what_the_user_may_not_look_at_is_told_and_the_rest_is_classified(
    model: Path, red: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    (folder / "closed").mkdir(parents=True)
    for name in ("open.png", "unreadable.png", "closed/inside.png"):
        shutil.copy(red, folder / name)
    (folder / "unreadable.png").chmod(0)
    (folder / "closed").chmod(0)
    # Root may look at everything, unless it gives that up.
    giving_up = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []

    def classify(path: Path, model: Path = model) -> subprocess.CompletedProcess[str]:
        command = [*giving_up, sys.executable, "-m", "runtime", "classify", path, "--model", model]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    try:
        done = classify(folder)
        assert len(done.stdout.splitlines()) == 1
        assert "closed: Permission denied; this folder cannot be listed" in done.stderr
        assert "unreadable.png: Permission denied; this user may not read it" in done.stderr
        assert_one_line(classify(folder / "closed"), FAILED, "closed: Permission denied; this folder cannot be listed")
        assert_one_line(classify(folder / "closed/inside.png"), FAILED, "inside.png: Permission denied; check the name")
        assert_one_line(classify(red, folder / "closed/m.tflite"), FAILED, "m.tflite: Permission denied; check")
    finally:
        (folder / "closed").chmod(0o700)


def test_a_name_that_is_too_long_is_told_and_does_not_end_a_list(model: Path, red: Path, tmp_path: Path) -> None:
    names = f"{red}\n{'a' * 300}.jpg\n{red}\n"
    command = [sys.executable, "-m", "runtime", "classify", "-", "--model", model]
    done = subprocess.run(command, cwd=ROOT, input=names, capture_output=True, text=True, check=False)
    assert (done.returncode, len(done.stdout.splitlines())) == (FAILED, 2)
    assert "aaa.jpg: File name too long; check the name" in done.stderr
    assert "Traceback" not in done.stderr


def test_one_bad_picture_among_many_is_skipped_and_told(run: Run, model: Path, red: Path, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(50):
        shutil.copy(red, folder / f"{number}.png")
    (folder / "20.png").write_bytes(b"no picture")
    done = run("runtime", "classify", folder, "--model", model)
    assert done.returncode == FAILED
    assert len(done.stdout.splitlines()) == 49
    assert "20.png: is no picture" in done.stderr
    assert "1 of 50 pictures cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["classify"], "--camera"),
        (["classify", "a.jpg", "--camera", "0"], "--camera"),
        (["classify", "a.jpg", "--top", "0"], "whole number from 1 to"),
        (["classify", "a.jpg", "--top", "many"], "--top"),
        (["classify", "a.jpg", "--threshold", "7"], "0 to 1"),
        (["classify", "--camera", "test", "--threads", "0"], "--threads 0"),
        (["classify", "a.jpg", "--max-latency", "20ms"], "are for a new model file; give --watch, too"),
        (["classify", "--camera", "test", "--threads", "100000"], "--threads 100000: expected 1 to 1024"),
        (["classify", "--camera", "test", "--backend", "magic"], "litert"),
        (["classify", "--camera", "test", "--backend", "onnx"], ".onnx"),
        (["classify", "--camera", "test", "--mean", "x"], "--mean: 'x', expected a number such as"),
        (["classify", "--camera", "test", "--scale", "1/0"], "--scale: '1/0', expected a number above 0"),
        (["classify", "--camera", "test", "--scale", "1", "--mean", "1"], "either"),
        (["classify", "--camera", "test", "--scale", "1"], "model card"),
        (["classify", ""], "an empty name"),
        (["dance"], "classify"),
        (["bench", "--runs", "-1"], "whole number from 1 to"),
    ],
)
def test_wrong_usage_exits_with_2(run: Run, model: Path, arguments: list[str], told: str) -> None:
    chosen = ["--model", model] if arguments[0] == "classify" else []
    assert_one_line(run("runtime", *arguments, *chosen), WRONG_USAGE, told)
