"""What the measuring of overhead rests on: costs of processes, comparisons and bars. No test is timed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.checks.process_cost import measure_interleaved, measure_process
from benchmarks.comparison import Bar, Comparison, format_comparisons
from benchmarks.errors import BenchmarkError
from tests.conftest import Run


def test_the_memory_of_a_process_is_its_own_and_not_that_of_who_started_it() -> None:
    held = b"x" * 300_000_000
    cost = measure_process([sys.executable, "-c", "held = b'x' * 100_000_000"])
    assert len(held) == 300_000_000
    # The string, and an interpreter of less than 30 MB.
    assert 100e6 < cost.peak_memory_bytes < 130e6


def test_the_time_of_a_process_is_from_its_start_to_its_end() -> None:
    cost = measure_process([sys.executable, "-c", "import time; time.sleep(0.3)"])
    assert cost.seconds > 0.3


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ([sys.executable, "-c", "raise SystemExit('out of beans')"], "ended with exit status 1 .out of beans."),
        ([sys.executable, "-c", "import os; os.abort()"], "ended with exit status -6"),
        (["no-such-command"], "cannot be run .*no-such-command"),
    ],
)
def test_a_command_that_fails_is_no_measurement(command: list[str], words: str) -> None:
    with pytest.raises(BenchmarkError, match=words):
        measure_process(command)


def test_each_command_is_run_as_often_as_asked() -> None:
    told: list[tuple[int, int]] = []
    commands = {"one": [sys.executable, "-c", ""], "two": [sys.executable, "-c", ""]}
    costs = measure_interleaved(commands, 3, lambda done, total: told.append((done, total)))
    assert {name: len(values) for name, values in costs.items()} == {"one": 3, "two": 3}
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_ratio_of_medians_is_held_against_its_bar() -> None:
    times, reference = (0.3, 0.1, 0.13), (0.1, 0.1, 9.0)
    assert Comparison("ours", "theirs", "seconds", times, reference, Bar("ratio", 1.3)).value == pytest.approx(1.3)
    assert Comparison("ours", "theirs", "seconds", times, reference, Bar("ratio", 1.31)).holds
    assert not Comparison("ours", "theirs", "seconds", times, reference, Bar("ratio", 1.29)).holds


def test_a_difference_of_medians_is_held_against_its_bar() -> None:
    comparison = Comparison("ours", "theirs", "seconds", (0.13,), (0.1,), Bar("difference", 0.04))
    assert comparison.value == pytest.approx(0.03)
    assert comparison.holds
    assert not Comparison("ours", "theirs", "seconds", (0.15,), (0.1,), Bar("difference", 0.04)).holds


def test_the_table_shows_medians_bars_and_whether_they_hold() -> None:
    comparisons = [
        Comparison("whole process", "script", "bytes", (60e6,), (50e6,), Bar("ratio", 1.1)),
        Comparison("import", "numpy", "seconds", (0.125,), (0.1,), Bar("difference", 0.04)),
        Comparison("for information", "script", "seconds", (0.002,), (0.001,)),
    ]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in format_comparisons(comparisons).splitlines()
    ]
    assert rows[2] == ["whole process", "60 MB", "script", "50 MB", "x 1.20", "x 1.10", "missed"]
    assert rows[3] == ["import", "125 ms", "numpy", "100 ms", "+25 ms", "+40 ms", "yes"]
    assert rows[4] == ["for information", "2 ms", "script", "1 ms", "x 2.00", "", ""]


def test_comparisons_that_make_no_sense_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="expected ratio or difference"):
        Bar("percent", 5)
    with pytest.raises(ValueError, match="seconds or bytes"):
        Comparison("ours", "theirs", "metres", (1.0,), (1.0,))
    with pytest.raises(ValueError, match="at least one"):
        Comparison("ours", "theirs", "seconds", (), (1.0,))


def test_the_command_keeps_every_raw_figure(run: Run, models: Path, tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed: pip install 'edgeframe[tflite]'")
    pytest.importorskip("skimage", reason="scikit-image is not installed: make install")
    done = run("benchmarks", "overhead", "--model", models / "rgb_int8.tflite", "--out", tmp_path, "--runs", 2)
    # Whether the bars hold with two runs on a busy machine is not for a test to say.
    assert done.returncode in (0, 1)
    assert done.stderr == ""
    comparisons = json.loads((tmp_path / "overhead.json").read_text())["comparisons"]
    assert [len(one["measured"]) for one in comparisons] == [2, 2, 2, 2, 40, 40, 2, 2]
    assert {one["what"] for one in comparisons} >= {"import runtime", "runtime --help", "Classifier.classify on 1080p"}
    assert "runtime classify 1920x1080.jpg: peak memory" in done.stdout


def test_a_photo_that_cannot_be_read_is_one_line(run: Run, models: Path, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_text("no photo")
    done = run("benchmarks", "overhead", "--model", models / "rgb_int8.tflite", "--out", tmp_path, "--photo", photo)
    assert done.returncode == 1
    assert "photo.jpg" in done.stderr
    assert done.stderr.count("\n") == 1
