"""What `.tflite` and `.onnx` files say of their operators, read with no library."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from runtime.errors import UsageError
from runtime.operators import OperatorReport, report_operators
from runtime.protobuf import delimited, read_fields
from tests.conftest import Run

MODELS = ["rgb_float32.tflite", "rgb_int8.tflite", "rgb_float32.onnx", "rgb_uint8.onnx"]
_GRAPH, _BETWEEN = 7, 13


@pytest.mark.parametrize("name", MODELS)
def test_the_same_network_has_the_same_multiply_accumulates_in_every_format(models: Path, name: str) -> None:
    # A mean over the picture, and a matrix of 3 x 3.
    assert report_operators(models / name).macs == 9


def test_an_onnx_file_has_operators_and_costs_and_no_delegates(models: Path) -> None:
    found = report_operators(models / "rgb_float32.onnx")
    assert found.counts == (("Cast", 1), ("ReduceMean", 1), ("MatMul", 1), ("Softmax", 1))
    # The matrix; a picture of 8 x 8 x 3 as it is given, and as Cast gives it.
    assert (found.parameters, found.peak_bytes, found.delegates) == (9, 2 * 4 * 8 * 8 * 3, ())


@pytest.mark.parametrize("name", ["rgb_int8.tflite", "rgb_float32.onnx"])
def test_info_shows_what_a_file_of_either_format_computes(run: Run, models: Path, name: str) -> None:
    shown = run("runtime", "info", models / name).stdout
    assert "computes    9 multiply-accumulates, " in shown
    assert shown.count("operators   ") == 1


@pytest.mark.parametrize(("macs", "text"), [(9, "9"), (25_408, "25.4 k"), (999_000, "999.0 k"), (40_800_000, "40.8 M")])
def test_the_multiplications_of_a_small_network_are_no_tenths_of_a_million(macs: int, text: str) -> None:
    assert OperatorReport((), macs, 0, 0, ()).macs_in_short == text


def test_info_as_json_has_it_too(run: Run, models: Path) -> None:
    told = json.loads(run("runtime", "info", models / "rgb_int8.tflite", "--json").stdout)["operators"]
    report = report_operators(models / "rgb_int8.tflite")
    assert (told["macs"], told["parameters"], told["peak_bytes"]) == (9, report.parameters, report.peak_bytes)
    assert told["counts"][0] == ["QUANTIZE", 2]
    assert [fit["delegate"] for fit in told["delegates"]] == ["XNNPACK", "GPU", "Edge TPU"]
    assert "QUANTIZE uint8 to int8" in told["delegates"][0]["obstacles"]


def forget_shapes(path: Path, new: Path) -> Path:
    """The same `.onnx`, but for what it tells of the tensors between its operators."""
    content = path.read_bytes()
    (graph,) = (
        content[start:end] for number, start, end in read_fields(io.BytesIO(content), "file") if number == _GRAPH
    )
    kept = b"".join(
        delimited(number, graph[start:end])
        for number, start, end in read_fields(io.BytesIO(graph), "graph")
        if number != _BETWEEN
    )
    new.write_bytes(content.replace(delimited(_GRAPH, graph), delimited(_GRAPH, kept)))
    return new


def test_a_file_that_tells_no_shapes_is_shown_all_the_same_with_the_remedy(
    run: Run, models: Path, tmp_path: Path
) -> None:
    path = forget_shapes(models / "rgb_float32.onnx", tmp_path / "shapeless.onnx")
    with pytest.raises(UsageError, match=r"does not tell the shapes between its operators \('values'\); .* adopt"):
        report_operators(path)
    shown = run("runtime", "info", path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"operators   not known: {path}: does not tell the shapes" in shown.stdout
