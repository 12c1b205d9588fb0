"""A results.json that was damaged, or made by a stranger."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.measurement import Results
from benchmarks.results_file import read_results, write_results
from tests.benchmarks.figures import make_answers, make_measurement

RESULTS = Results((make_measurement("a.tflite", 0.01),), answers=(make_answers("a.tflite", 150),))


def of_measurement(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda fields: fields["measurements"][0].update({name: value})


def of_round(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda fields: fields["measurements"][0]["rounds"][0].update({name: value})


def of_answers(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda fields: fields["answers"][0].update({name: value})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_results(tmp_path / "results.json", RESULTS)
    return tmp_path / "results.json"


def test_what_was_written_is_read(file: Path) -> None:
    assert read_results(file) == RESULTS


@pytest.mark.parametrize(
    "damage",
    [
        of_round("total_seconds", ["a", "b", "c"]),
        of_round("total_seconds", [None, None, None]),
        of_round("total_seconds", [float("nan")] * 3),
        of_round("total_seconds", [[1], [2], [3]]),
        of_round("total_seconds", [-1.0, -2.0, -3.0]),
        of_round("total_seconds", [0.0, 0.0, 0.0]),
        of_round("total_seconds", 5),
        of_round("conditions", None),
        of_measurement("file_bytes", "x"),
        of_measurement("file_bytes", 0),
        of_measurement("macs", "x"),
        of_measurement("pictures_a_query", 0),
        of_measurement("host", None),
        of_measurement("subject", {"model": 5, "backend": "litert", "threads": 1}),
        of_measurement("subject", {"model": "a", "backend": "litert", "threads": "x"}),
        of_answers("ranks", ["a"] * 200),
        of_answers("ranks", [-1] * 200),
        of_answers("confidences", [float("nan")] * 200),
        lambda fields: fields.update(measurements=None),
        lambda fields: fields.update(failures=["x"]),
        lambda fields: fields.update(
            peaks=[
                {
                    "host": "kitchen",
                    "threads": 1,
                    "float32_macs_a_second": 0.0,
                    "int8_macs_a_second": None,
                    "float32_copy_bytes_a_second": 1.0,
                    "int8_copy_bytes_a_second": 1.0,
                }
            ]
        ),
    ],
)
def test_damage_is_one_line(file: Path, damage: Callable[[dict[str, Any]], None]) -> None:
    fields = json.loads(file.read_text("utf-8"))
    damage(fields)
    file.write_text(json.dumps(fields), "utf-8")
    with pytest.raises(BenchmarkError, match=r"is no results\.json .* measure again"):
        read_results(file)


def test_what_is_nested_too_deep_is_one_line(file: Path) -> None:
    file.write_text("[" * 200_000, "utf-8")
    with pytest.raises(BenchmarkError, match=r"is no results\.json"):
        read_results(file)
