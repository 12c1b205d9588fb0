"""The model card: what it accepts, and its way into and out of the three formats."""

from __future__ import annotations

import dataclasses
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from runtime.card import Fit, GoldenSample, InputSize, Measured, ModelCard, Normalisation, Provenance
from runtime.card_file import CARD_ENTRY, MAX_CARD_BYTES, embed_card, read_card
from runtime.classifier import Classifier
from runtime.errors import ModelError

FULL_CARD = ModelCard(
    name="flowers",
    architecture="mobilenet",
    labels=("rød", "grün", "青"),
    input=InputSize(8, 8, 3),
    fit=Fit("crop", 0.875),
    normalisation=Normalisation((1.5, 2.5, 3.5), (0.5,)),
    recipe="int8",
    licence="Apache-2.0",
    measured=Measured("flowers", "test", 200, 0.925, 0.92),
    golden=(GoldenSample(b"\x89PNG\0\xff", "rød", 0.75),),
    provenance=Provenance("flowers.keras", "ab" * 32, ("keras 3.15", "edgeframe 0.1"), "2026-11-21"),
)
FILES = ("rgb_int8.tflite", "rgb_float32.onnx")


@pytest.fixture
def keras_file(tmp_path: Path) -> Path:
    """A zip with the entries of a `.keras`; loading a real one with its card is a test of train/."""
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", bytes(range(256)) * 100)
    return path


def test_a_card_reads_back_what_it_writes() -> None:
    assert ModelCard.from_json(FULL_CARD.to_json()) == FULL_CARD


@pytest.mark.parametrize("labels", ["abc", {"0": "cat", "1": "dog"}])
def test_labels_that_are_no_list_are_refused(labels: object) -> None:
    fields = {**json.loads(FULL_CARD.to_json()), "labels": labels}
    with pytest.raises(ModelError, match=r"labels is a JSON (str|dict), expected a list"):
        ModelCard.from_json(json.dumps(fields))


@pytest.mark.parametrize("name", FILES)
def test_a_card_goes_into_a_model_and_comes_out_the_same(models: Path, tmp_path: Path, name: str) -> None:
    path = Path(shutil.copy(models / name, tmp_path))
    embed_card(path, FULL_CARD)
    assert read_card(path) == FULL_CARD
    size = path.stat().st_size
    embed_card(path, FULL_CARD)
    assert path.stat().st_size == size, "the old card was kept beside the new one"


def test_a_card_goes_into_a_keras_file_and_leaves_the_rest(keras_file: Path) -> None:
    assert read_card(keras_file) is None
    for _ in range(2):
        embed_card(keras_file, FULL_CARD)
    assert read_card(keras_file) == FULL_CARD
    with zipfile.ZipFile(keras_file) as archive:
        assert sorted(archive.namelist()) == ["metadata.json", "model.json", "model.weights.h5"]
        assert archive.read("model.weights.h5") == bytes(range(256)) * 100


@pytest.mark.parametrize("name", FILES)
def test_a_model_answers_the_same_with_another_card(models: Path, tmp_path: Path, name: str) -> None:
    path = Path(shutil.copy(models / name, tmp_path))
    embed_card(path, dataclasses.replace(FULL_CARD, normalisation=Normalisation(), recipe="x"))
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    expected = Classifier.load(models / name).score(picture)
    assert np.array_equal(Classifier.load(path).score(picture), expected)


def test_an_onnx_file_with_a_card_passes_the_checker_and_shows_it_to_onnxruntime(models: Path, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    path = Path(shutil.copy(models / "rgb_float32.onnx", tmp_path))
    embed_card(path, FULL_CARD)
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert ModelCard.from_json(session.get_modelmeta().custom_metadata_map[CARD_ENTRY]) == FULL_CARD


def test_the_same_card_gives_the_same_bytes(models: Path, tmp_path: Path) -> None:
    for name in FILES:
        first, second = (Path(shutil.copy(models / name, tmp_path / f"{number}_{name}")) for number in (1, 2))
        embed_card(first, FULL_CARD)
        embed_card(second, FULL_CARD)
        assert first.read_bytes() == second.read_bytes()


def test_an_interrupted_embedding_leaves_the_file_as_it_was(models: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(models / "rgb_int8.tflite", tmp_path))
    before = path.read_bytes()
    oversized = dataclasses.replace(FULL_CARD, labels=tuple("x" * 190 + str(i) for i in range(90_000)))
    with pytest.raises(ModelError, match="at most"):
        embed_card(path, oversized)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("labels", (), "0 labels"),
        ("labels", ("only one",), "1 labels"),
        ("labels", ("a", "b\x1b[31m"), "control characters"),
        ("labels", ("a", "b" * 1000), "1000 characters"),
        ("labels", ("a", 7), "int"),
        ("scores", "percent", "softmax"),
        ("input", InputSize(8, 8, 1), "mean has 3 numbers, the input 8x8 gray takes 1 for each channel"),
        ("name", "a\nb", "control characters"),
        ("card_version", 2, "upgrade"),
    ],
)
def test_a_field_that_is_not_as_described_is_refused(field: str, value: object, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        dataclasses.replace(FULL_CARD, **{field: value})


@pytest.mark.parametrize(
    "make",
    [
        lambda: InputSize(0, 8),
        lambda: InputSize(8, 8, 4),
        lambda: InputSize(8, 10**9),
        lambda: Fit("stretch"),
        lambda: Fit("crop", 0.0),
        lambda: Fit("squash", 0.5),
        lambda: Fit.parse("crop:wide"),
        lambda: Normalisation((0.0, 1.0), (1.0,)),
        lambda: Normalisation((0.0,), (0.0,)),
        lambda: Normalisation((float("nan"),), (1.0,)),
        lambda: Measured("d", "test", 0, 0.5, 0.5),
        lambda: Measured("d", "test", 10, 0.5, 50.0),
        lambda: GoldenSample(b"x" * 300_000, "cat", 0.5),
    ],
)
def test_parts_of_a_card_are_validated_when_they_are_made(make: object) -> None:
    with pytest.raises(ModelError):
        make()  # type: ignore[operator]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "7",
        '{"card_version": 1}',
        '{"card_version": 1, "name": "x", "surprise": 1}',
        "[" * 100_000,
        json.dumps({**json.loads(FULL_CARD.to_json()), "golden": [{"png": "!!", "label": "a", "score": 1}]}),
        json.dumps({**json.loads(FULL_CARD.to_json()), "input": {"height": "8", "width": 8}}),
        json.dumps({**json.loads(FULL_CARD.to_json()), "labels": None}),
        json.dumps({**json.loads(FULL_CARD.to_json()), "provenance": {"tools": 5}}),
    ],
)
def test_a_card_that_is_not_a_card_is_refused(text: str) -> None:
    with pytest.raises(ModelError):
        ModelCard.from_json(text)


def test_a_zip_bomb_in_a_model_is_refused_before_it_is_read(models: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(models / "rgb_int8.tflite", tmp_path))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CARD_ENTRY, b" " * (MAX_CARD_BYTES + 1))
    with pytest.raises(ModelError, match="claims"):
        read_card(path)


@pytest.mark.parametrize("name", FILES)
def test_a_model_cut_off_anywhere_is_reported_and_never_crashes(models: Path, tmp_path: Path, name: str) -> None:
    content = (models / name).read_bytes()
    path = tmp_path / name
    for length in range(0, len(content) - 1, 37):
        path.write_bytes(content[:length])
        try:
            card = read_card(path)
        except ModelError as error:
            assert str(path) in str(error)
        else:
            assert card is None
