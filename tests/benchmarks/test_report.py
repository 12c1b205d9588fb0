"""Tables and plots from results.json, and results.json itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.errors import BenchmarkError
from benchmarks.measurement import Failure, Measurement, Results, Round
from benchmarks.report import format_markdown, format_summary, frontier
from benchmarks.results_file import read_results, write_results
from tests.benchmarks.figures import HOST, make_measurement
from tests.conftest import Run

FAST = make_measurement("fast.tflite", 0.004, correct=160)
GOOD = make_measurement("good.tflite", 0.010, correct=190)
BEATEN = make_measurement("beaten.tflite", 0.020, correct=180)
STOPPED = make_measurement("stopped.tflite", 0.005, correct=None)
RESULTS = Results((BEATEN, GOOD, STOPPED, FAST), (Failure("models/bad|ly.onnx", "is no ONNX model;\ncopy it again"),))


def cells(text: str, name: str) -> list[str]:
    """The cells of the table's row about `name`."""
    (row,) = [line for line in text.splitlines() if name in line]
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_results_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    write_results(tmp_path / "new" / "results.json", RESULTS)
    assert read_results(tmp_path / "new" / "results.json") == RESULTS
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["results.json"]


def test_results_keep_raw_seconds_under_names_that_say_so(tmp_path: Path) -> None:
    write_results(tmp_path / "results.json", Results((FAST,)))
    (fields,) = json.loads((tmp_path / "results.json").read_text())["measurements"]
    assert fields["rounds"][0]["total_seconds"] == [0.004 * 0.9, 0.004, 0.004 * 1.1]
    assert fields["file_bytes"] == 1_250_000
    assert fields["host"]["processor"] == HOST.processor


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format_version": 99}', '{"format_version": 1, "measurements": [{}], "failures": []}']
)
def test_a_file_that_is_no_results_is_refused_with_the_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(BenchmarkError, match=r"is no results.json .* measure again"):
        read_results(tmp_path / "results.json")


def test_a_missing_results_file_is_named(run: Run, tmp_path: Path) -> None:
    done = run("benchmarks", "report", tmp_path / "none.json")
    assert done.returncode == 1
    assert done.stderr.startswith(f"benchmarks: {tmp_path / 'none.json'}: No such file")
    assert done.stderr.count("\n") == 1


def test_a_measurement_without_times_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="expected as many"):
        Round((), (), (), 0.1, None)
    with pytest.raises(ValueError, match="expected as many"):
        Round((0.1,), (0.1,), (0.1, 0.2), 0.1, None)


def test_the_table_has_the_figures_in_their_units() -> None:
    row = cells(format_markdown(RESULTS), "good.tflite")
    assert row[:5] == ["*", "good.tflite", "int8", "litert", "1"]
    # 190 of 200: Wilson's interval is 0.9104 to 0.9726.
    assert row[5] == "95.0 (91.0 to 97.3)"
    # 9, 9, 10, 10, 11 and 11 ms: the median is 10, and 0.9 lies between the two of 11.
    assert row[6:8] == ["10", "11"]
    assert row[9:] == ["1", "9", "250", "1.25", "50"]


def test_the_table_goes_from_fast_to_slow_and_ends_with_the_failures() -> None:
    lines = format_summary(RESULTS).splitlines()[2:]
    names = ("fast.tflite", "stopped.tflite", "good.tflite", "beaten.tflite", "bad")
    assert all(name in line for name, line in zip(names, lines, strict=True))
    assert lines[-1] == "| ! | bad\\|ly.onnx failed: is no ONNX model; copy it again |"


def test_the_star_marks_what_no_other_model_beats() -> None:
    assert frontier(RESULTS) == [FAST, GOOD]
    assert [cells(format_summary(RESULTS), name)[0] for name in ("fast", "stopped", "good", "beaten")] == [
        "*",
        "",
        "*",
        "",
    ]


def test_a_model_without_accuracy_has_a_dash() -> None:
    assert cells(format_summary(RESULTS), "stopped.tflite")[2] == "-"


def test_the_table_says_on_what_it_was_measured() -> None:
    text = format_markdown(RESULTS)
    assert "Raspberry Pi 5, 4 cores, 4.0 GiB, Linux aarch64, Python 3.11.2 (numpy 2.4.6), 2026-01-31" in text
    assert "1280x720, 6 times in 2 processes" in text
    assert "200 pictures of flowers (test)" in text


def test_the_report_is_made_again_from_the_file_alone(run: Run, tmp_path: Path) -> None:
    write_results(tmp_path / "results.json", RESULTS)
    done = run("benchmarks", "report", tmp_path / "results.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "results.md").read_text() == format_markdown(RESULTS)
    with Image.open(tmp_path / "pareto.png") as plot:
        assert min(plot.size) > 600
    assert done.stdout.splitlines()[-2:] == [str(tmp_path / "results.md"), str(tmp_path / "pareto.png")]


@pytest.mark.parametrize("measurements", [(), (STOPPED,)])
def test_without_any_accuracy_there_is_a_table_and_no_plot(
    run: Run, tmp_path: Path, measurements: tuple[Measurement, ...]
) -> None:
    write_results(tmp_path / "results.json", Results(measurements, RESULTS.failures))
    (tmp_path / "pareto.png").write_bytes(b"of an earlier run")
    assert run("benchmarks", "report", tmp_path / "results.json").returncode == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["results.json", "results.md"]
