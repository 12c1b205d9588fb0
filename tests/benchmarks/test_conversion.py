"""The bars of conversions, and that what was measured once is not measured again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.answers import Share
from benchmarks.checks.conversion import ConversionFigures, Int8File, find_data, hash_model
from benchmarks.checks.conversion_bars import holds_all, judge
from benchmarks.checks.process_cost import ProcessCost
from benchmarks.cli import main
from benchmarks.errors import BenchmarkError
from benchmarks.results_file import FORMAT_VERSION, write_json
from runtime.card import InputSize, Measured, ModelCard

CARD = ModelCard("digits", "cnn", tuple("0123456789"), InputSize(28, 28, 1))
PICTURES = 1000
FILE = Int8File(Share(985, PICTURES), Share(980, PICTURES), 300, ProcessCost(60.0, 2_000_000_000))
FIGURES = ConversionFigures(
    model="digits",
    sha256="",
    data="mnist",
    split="test",
    classes=10,
    is_convolutional=True,
    float_top1=Share(990, PICTURES),
    float_bytes=1000,
    tflite=FILE,
    onnx=FILE,
    float_seconds=(0.010, 0.011, 0.010),
    int8_seconds=(0.006, 0.006, 0.009),
)


def missed(figures: ConversionFigures) -> list[str]:
    return [str(cell) for cell in judge(figures) if cell.holds is False]


def test_what_is_just_at_every_bar_holds() -> None:
    assert missed(FIGURES) == []
    assert holds_all(FIGURES)


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (replace(FILE, top1=Share(984, PICTURES)), "0.60 missed"),
        (replace(FILE, agreement=Share(979, PICTURES)), "0.979 missed"),
        (replace(FILE, file_bytes=301), "x 0.301 missed"),
        (replace(FILE, cost=ProcessCost(61.0, 1)), "61 s missed"),
        (replace(FILE, cost=ProcessCost(1.0, 2_100_000_000)), "2.10 GB missed"),
    ],
)
def test_each_bar_can_be_missed_by_either_format(file: Int8File, told: str) -> None:
    for figures in (replace(FIGURES, tflite=file), replace(FIGURES, onnx=file)):
        assert missed(figures) == [told]
        assert not holds_all(figures)


def test_only_convolutional_networks_have_to_be_faster() -> None:
    slow = replace(FIGURES, int8_seconds=FIGURES.float_seconds)
    assert missed(slow) == ["x 1.00 missed"]
    assert holds_all(replace(slow, is_convolutional=False))


def test_networks_of_a_thousand_classes_may_answer_otherwise_more_often() -> None:
    file = replace(FILE, agreement=Share(950, PICTURES))
    assert holds_all(replace(FIGURES, classes=1000, tflite=file, onnx=file))
    assert not holds_all(replace(FIGURES, tflite=file, onnx=file))


def test_a_network_is_measured_on_the_data_that_its_card_names(tmp_path: Path) -> None:
    def measured(data: str) -> ModelCard:
        return replace(CARD, measured=Measured(data, "test", 1, 1.0, 1.0))

    named = find_data(measured("mnist"), Path("a.keras"), tmp_path, None)
    assert (named.data, named.split, named.data_dir) == ("mnist", "test", str(tmp_path))
    assert find_data(measured("flowers5.tar"), Path("a.keras"), tmp_path, None).data == str(tmp_path / "flowers5.tar")
    many = replace(CARD, labels=tuple(map(str, range(1000))))
    assert find_data(many, Path("a.keras"), tmp_path, tmp_path).split == "all"
    with pytest.raises(BenchmarkError, match="its card names no data"):
        find_data(CARD, Path("a.keras"), tmp_path, tmp_path)


def test_what_was_measured_is_not_measured_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Nothing that could be converted: only its figures are there.
    model = tmp_path / "digits.keras"
    model.write_bytes(b"not even a zip")
    known = replace(FIGURES, sha256=hash_model(model))
    write_json(tmp_path / "conversion.json", {"format_version": FORMAT_VERSION, "conversions": [known]})
    given = ["conversion", str(model), "--data-dir", str(tmp_path), "--out", str(tmp_path)]
    assert main(given) == 0
    assert "| digits | mnist (test) | 1000" in capsys.readouterr().out
    model.write_bytes(b"another one")
    assert main(given) == 1
    assert capsys.readouterr().err.startswith("benchmarks: ")
