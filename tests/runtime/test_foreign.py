"""Models from elsewhere whose files tell what a card would: they are classified with no more words."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from runtime.card import Normalisation
from runtime.classifier import Classifier
from runtime.errors import ModelError
from runtime.foreign import read_told
from tests.conftest import ROOT, Run
from tests.fuzz.targets import CORPUS
from tests.runtime.test_bare_models import SIDE, UNIT, write_network

MODELS = CORPUS / "models"
LABELS = ("red", "green", "blue")


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)


def ultralytics(path: Path, **told: str) -> Path:
    """As it writes them: everything is text, the names that of a dict."""
    network = onnx.load(write_network(path, "Softmax"))
    known = {"author": "Ultralytics", "task": "classify", "names": "{0: 'cat', 1: \"dog's\"}", "license": "AGPL-3.0"}
    onnx.helper.set_model_props(network, {**known, **told})
    onnx.save(network, path)
    return path


def test_tflite_metadata_tells_labels_and_what_a_float_network_takes(picture: np.ndarray) -> None:
    model = MODELS / "mediapipe_float32.tflite"
    by_hand = Classifier.load(model, labels=LABELS, normalisation=Normalisation((10.0,), (0.5,)))
    told = Classifier.load(model)
    assert told.card.labels == LABELS
    assert told.score(picture) == pytest.approx(by_hand.score(picture))
    bytes_as_they_are = Classifier.load(model, normalisation=Normalisation())
    assert told.score(picture) != pytest.approx(bytes_as_they_are.score(picture), abs=0.01)


def test_an_input_of_bytes_takes_them_as_they_are_whatever_the_metadata_tells(picture: np.ndarray) -> None:
    scores = Classifier.load(MODELS / "mediapipe_int8.tflite").score(picture)
    assert scores == pytest.approx(Classifier.load(MODELS / "mediapipe_int8.tflite", labels=LABELS).score(picture))
    red = np.zeros_like(picture)
    red[..., 0] = 255
    assert Classifier.load(MODELS / "mediapipe_int8.tflite").classify(red).label == "red"


def test_a_classifier_of_ultralytics_tells_its_names_and_takes_0_to_1(tmp_path: Path, picture: np.ndarray) -> None:
    model = ultralytics(tmp_path / "theirs.onnx")
    told = Classifier.load(model)
    assert told.card.labels == ("cat", "dog's")
    assert read_told(model).licence == "AGPL-3.0"
    assert told.score(picture) == pytest.approx(
        Classifier.load(model, labels=LABELS[:2], normalisation=UNIT).score(picture)
    )
    tflite = Classifier.load(MODELS / "ultralytics.tflite")
    assert (tflite.card.labels, tflite.card.normalisation) == (LABELS, UNIT)


def test_what_the_user_tells_counts_more(tmp_path: Path) -> None:
    model = ultralytics(tmp_path / "theirs.onnx")
    card = Classifier.load(model, labels=("a", "b")).card
    assert (card.labels, card.normalisation) == (("a", "b"), UNIT)
    assert Classifier.load(model, normalisation=Normalisation()).card.labels == ("cat", "dog's")


def test_a_network_of_another_task_and_one_of_another_maker_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is a network of the task 'detect', by its metadata; expected a classifier"):
        Classifier.load(ultralytics(tmp_path / "theirs.onnx", task="detect"))
    with pytest.raises(ModelError, match="has no model card; give its labels"):
        Classifier.load(ultralytics(tmp_path / "theirs.onnx", author="nobody"))
    with pytest.raises(ModelError, match="the names in its metadata: expected one label a line, a list"):
        Classifier.load(ultralytics(tmp_path / "theirs.onnx", names="{0: 'cat', 2: 'dog'}"))


def with_label_files(path: Path, *files: tuple[str, str, str]) -> Path:
    """A network whose TFLite Metadata names these label files: each a name, a locale, and what is in it."""
    from convert.flat_table import NewTable, write_table
    from convert.tflite_file import add_buffer
    from runtime import tflite_metadata as fields

    named = tuple(
        NewTable({fields.FILE_NAME: name, fields.FILE_TYPE: fields.AXIS_LABELS, fields.LOCALE: locale})
        for name, locale, _ in files
    )
    network = NewTable({fields.OUTPUTS: (NewTable({fields.FILES: named}),)})
    described = write_table(NewTable({fields.SUBGRAPHS: (network,)}), b"M001")
    plain = (ROOT / "tests" / "models" / "rgb_float32.tflite").read_bytes()
    path.write_bytes(add_buffer(plain[: plain.index(b"PK\3\4")], fields.BUFFER_NAME, described))
    with zipfile.ZipFile(path, "a") as archive:
        for name, _, content in files:
            archive.writestr(name, content)
    return path


def test_of_several_label_files_the_one_of_names_counts(tmp_path: Path) -> None:
    """TF Hub's birds, food and plants have another, with numbers of a knowledge graph."""
    numbers, names = ("labels.txt", "", "/m/1\n/m/2\n/m/3"), ("labels-en.txt", "en", "tit\nfinch\njay")
    german = ("labels-de.txt", "de", "Meise\nFink\nHäher")
    assert read_told(with_label_files(tmp_path / "birds.tflite", numbers, names)).labels == ("tit", "finch", "jay")
    assert read_told(with_label_files(tmp_path / "birds.tflite", german, names)).labels == ("tit", "finch", "jay")
    assert read_told(with_label_files(tmp_path / "birds.tflite", numbers)).labels == ("/m/1", "/m/2", "/m/3")


def test_an_older_export_of_ultralytics_has_its_words_where_labels_should_be(tmp_path: Path) -> None:
    words = {"author": "Ultralytics", "task": "classify", "license": "AGPL-3.0", "names": dict(enumerate(LABELS))}
    model = with_label_files(tmp_path / "theirs.tflite", ("temp_meta.txt", "", str(words)))
    card = Classifier.load(model).card
    assert (card.labels, card.normalisation) == (LABELS, UNIT)
    other = with_label_files(tmp_path / "theirs.tflite", ("temp_meta.txt", "", str({**words, "task": "detect"})))
    with pytest.raises(ModelError, match="is a network of the task 'detect', by its metadata"):
        Classifier.load(other)


def test_labels_that_lie_beside_a_model_are_named(tmp_path: Path) -> None:
    model = write_network(tmp_path / "theirs.onnx")
    (tmp_path / "labels.txt").write_text("0 cat\n1 dog\n")
    with pytest.raises(ModelError, match=f"give its labels: --labels {tmp_path / 'labels.txt'}"):
        Classifier.load(model)


def test_damaged_metadata_is_told_unless_the_user_tells_it_all(tmp_path: Path, picture: np.ndarray) -> None:
    content = (MODELS / "mediapipe_float32.tflite").read_bytes().replace(b"labels.txt", b"lebals.txt", 1)
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(content)
    with pytest.raises(ModelError, match=r"its TFLite Metadata cannot be read \(it names the label file 'lebals.txt'"):
        Classifier.load(damaged)
    assert Classifier.load(damaged, labels=LABELS, normalisation=UNIT).score(picture).shape == (3,)
    damaged.write_bytes((MODELS / "ultralytics.tflite").read_bytes().replace(b'"author"', b'"AUTHOR"'))
    with pytest.raises(ModelError, match=r"what it tells of itself cannot be read .*Bad CRC-32.*give --labels"):
        Classifier.load(damaged)


def test_the_commands_need_no_words_for_it(run: Run, tmp_path: Path) -> None:
    model = MODELS / "mediapipe_float32.tflite"
    Image.new("RGB", (20, 20), (0, 255, 0)).save(tmp_path / "green.png")
    done = run("runtime", "classify", tmp_path / "green.png", "--model", model, "--labels-only", "green")
    assert (done.returncode, done.stderr) == (0, "")
    assert '"label": "green"' in done.stdout
    told = run("runtime", "info", model).stdout.splitlines()[1]
    assert told == "card        none; 3 labels (red, green, blue, ...) by its TFLite Metadata"
    other = run("runtime", "info", ultralytics(tmp_path / "theirs.onnx", task="detect")).stdout.splitlines()
    assert "is a network of the task 'detect'" in other[1]
    assert other[2].startswith("input ")
    with zipfile.ZipFile(model) as archive:
        assert archive.namelist() == ["labels.txt"]
