"""What other people's programs make of the files: TFLite Metadata, MediaPipe and OpenCV."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from convert.cli import main
from convert.tflite_file import read_graph
from runtime.card import Fit
from runtime.classifier import DEFAULT_MODEL, Classifier
from runtime.dataset import open_dataset
from runtime.errors import ModelError
from runtime.tflite_metadata import TfliteMetadata, read_metadata
from tests.convert.conftest import Trained
from tests.convert.networks import COLOUR_LABELS, COLOURS, SIDE

Files = dict[str, Path]


@pytest.fixture(scope="module")
def files(colours: Trained, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The colours network by suffix and recipe."""
    out = tmp_path_factory.mktemp("read")
    few = ["--calibration-images", "30", "--check-images", "30", "--golden", "none"]
    given = [str(colours.model), "--calibrate", str(colours.data), "--out", str(out), *few]
    assert main([*given, "--to", "tflite", "--recipe", "float32,int8"]) == 0
    assert main([*given, "--to", "onnx", "--recipe", "float32,float16,dynamic"]) == 0
    return {path.name.removeprefix("colours_"): path for path in out.iterdir()}


def colour_pictures() -> dict[str, np.ndarray]:
    """As bright as those that the network learnt: 85 on average, 165 in the channel that tells."""
    pictures = {}
    for channel, colour in enumerate(COLOURS):
        pictures[colour] = np.full((SIDE, SIDE, 3), 85, np.uint8)
        pictures[colour][:, :, channel] = 165
    return pictures


@pytest.mark.parametrize("recipe", ["float32", "int8"])
def test_the_metadata_tells_labels_and_that_nothing_has_to_be_normalised(files: Files, recipe: str) -> None:
    path = files[f"{recipe}.tflite"]
    assert read_metadata(path) == TfliteMetadata("tiny", "Apache-2.0", COLOUR_LABELS, (0.0,), (1.0,))
    with zipfile.ZipFile(path) as archive:
        assert archive.read("labels.txt").decode().splitlines() == list(COLOUR_LABELS)


def test_the_schema_of_mediapipe_reads_the_metadata(files: Files) -> None:
    schema = pytest.importorskip(
        "mediapipe.tasks.metadata.metadata_schema_py_generated", reason="mediapipe is not installed"
    )
    content = files["int8.tflite"].read_bytes()
    start = content.index(b"M001") - 4
    metadata = schema.ModelMetadataT.InitFromPackedBuf(content[start:], 0)
    (network,) = metadata.subgraphMetadata
    (picture,), (scores,) = network.inputTensorMetadata, network.outputTensorMetadata
    assert picture.content.contentProperties.colorSpace == schema.ColorSpaceType.RGB
    assert list(picture.processUnits[0].options.std) == [1.0]
    assert scores.associatedFiles[0].type == schema.AssociatedFileType.TENSOR_AXIS_LABELS


@pytest.mark.parametrize("recipe", ["float32", "int8"])
def test_mediapipe_answers_as_the_runtime_does(files: Files, recipe: str) -> None:
    pytest.importorskip("mediapipe", reason="no MediaPipe: tests/install_parts.sh peers", exc_type=ImportError)
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    path = files[f"{recipe}.tflite"]
    options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=str(path)), max_results=1)
    ours = Classifier.load(path)
    with vision.ImageClassifier.create_from_options(options) as theirs:
        for colour, picture in colour_pictures().items():
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
            (best,) = theirs.classify(image).classifications[0].categories
            assert best.category_name == colour == ours.classify(picture).label
            assert best.score == pytest.approx(ours.classify(picture).score, abs=1 / 128)


def test_mediapipe_takes_the_default_model_for_real_photos(data_dir: Path) -> None:
    """It squashes without antialiasing, so that other pixels go in than with the runtime's squashing."""
    pytest.importorskip("mediapipe", reason="no MediaPipe: tests/install_parts.sh peers", exc_type=ImportError)
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.ImageClassifierOptions(
        base_options=BaseOptions(model_asset_path=str(DEFAULT_MODEL)), max_results=1
    )
    ours, data = Classifier.load(fit=Fit("squash")), open_dataset(data_dir / "imagenet_sample_even.tar", "all")
    same = 0
    with vision.ImageClassifier.create_from_options(options) as theirs:
        for number in range(len(data)):
            picture = np.asarray(data.read(number).convert("RGB"))  # type: ignore[union-attr]
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
            (best,) = theirs.classify(image).classifications[0].categories
            same += best.category_name == ours.classify(picture).label
    print(f"same top-1 on {same} of {len(data)}")
    assert same >= 0.95 * len(data)


@pytest.mark.parametrize("recipe", ["float32", "float16", "dynamic"])
def test_opencv_answers_as_the_runtime_does(files: Files, recipe: str) -> None:
    cv2 = pytest.importorskip("cv2", reason="no OpenCV: tests/install_parts.sh peers", exc_type=ImportError)
    path = files[f"{recipe}.onnx"]
    network, ours = cv2.dnn.readNetFromONNX(str(path)), Classifier.load(path)
    for picture in colour_pictures().values():
        network.setInput(picture[np.newaxis].astype(np.float32), "image")
        assert network.forward()[0] == pytest.approx(ours.score(picture), abs=1e-4)


def test_a_damaged_file_has_no_metadata_that_could_be_read(files: Files, tmp_path: Path) -> None:
    content = files["float32.tflite"].read_bytes()
    for length in (3, 40, len(content) // 2):
        half = tmp_path / "half.tflite"
        half.write_bytes(content[:length])
        try:
            assert read_metadata(half) is None
        except ModelError as error:
            assert "half.tflite" in str(error)


def test_weights_begin_at_a_multiple_of_16_bytes(files: Files) -> None:
    from tensorflow.lite.python import schema_py_generated as schema

    content = files["float32.tflite"].read_bytes()
    model = schema.Model.GetRootAs(content, 0)
    places = [
        model.Buffers(number)._tab.Vector(model.Buffers(number)._tab.Offset(4))
        for number in range(model.BuffersLength())
        if model.Buffers(number).DataLength()
    ]
    assert len(places) > 4
    assert all(place % 16 == 0 for place in places)
    assert len(read_graph(content).layers) == 4
