"""Tables and plots from results.json, and results.json itself."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.answers import Share
from benchmarks.bootstrap import Estimate
from benchmarks.conditions import Conditions
from benchmarks.errors import BenchmarkError
from benchmarks.measurement import Failure, Measurement, Results
from benchmarks.report.cautions import find_cautions
from benchmarks.report.columns import COLUMNS, show_number
from benchmarks.report.combine import combine_results
from benchmarks.report.limits import Limits, recommend
from benchmarks.report.markdown import format_markdown, format_summary, format_table
from benchmarks.report.matrix import device_matrix
from benchmarks.report.page import format_page
from benchmarks.report.plot_names import names_of
from benchmarks.report.rows import make_rows
from benchmarks.report.table_file import format_class_csv, format_csv
from benchmarks.results_file import read_results, write_results
from benchmarks.table import format_rows
from tests.benchmarks.figures import HOST, make_answers, make_measurement, make_results, make_round
from tests.conftest import Run
from tests.runtime.small_disk import small_disk

RESULTS = replace(
    make_results(
        ("beaten.tflite", 0.020, 180),
        ("good.tflite", 0.010, 190),
        ("stopped.tflite", 0.005, None),
        ("fast.tflite", 0.004, 160),
    ),
    failures=(Failure("models/bad|ly.onnx", "is no ONNX model;\ncopy it again"),),
    settings={"runs": None},
)


# Seconds, and how many of 200 pictures were right.
RUNS = ((0.010, 200), (0.020, 0))


def cells(text: str, name: str) -> list[str]:
    """The cells of the table's row about `name`."""
    (row,) = [line for line in text.splitlines() if name in line]
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_models_are_told_in_times_of_the_fastest_by_the_turns_that_both_took() -> None:
    # A neighbour slows every run to twice its time, from the second turn on: of the whole rounds' medians one would be
    # 2.4 times the other.
    turns = {"fast.tflite": (0.010, 0.020, 0.010), "slow.tflite": (0.012, 0.024, 0.024)}
    measured = [
        replace(
            make_measurement(name, 0.1),
            rounds=tuple(replace(make_round(number, times), turn_runs=(1, 1, 1)) for number in range(3)),
        )
        for name, times in turns.items()
    ]
    fast, slow = make_rows(Results(tuple(measured)))
    assert fast.times_fastest == Estimate(1.0, 1.0, 1.0)
    assert slow.times_fastest is not None
    assert slow.times_fastest.value == pytest.approx(1.2)
    assert "1.2" in cells(format_summary(Results(tuple(measured))), "slow.tflite")


def test_the_short_table_tells_scenarios_and_hosts_apart_and_says_what_a_query_is() -> None:
    one = make_measurement("net.tflite", 0.010)
    eight = replace(one, subject=replace(one.subject, scenario="multi-stream"), pictures_a_query=8)
    text = format_summary(Results((one, eight)))
    assert "| host" not in text
    assert "single-stream" in cells(text, "single-stream")
    assert "multi-stream (a query: 8 pictures)" in cells(text, "multi-stream")
    how = format_markdown(Results((one, eight)))
    assert "In multi-stream that is the time of a query of 8 pictures as a whole." in how
    there = replace(one, subject=replace(one.subject, host="pi@shed"))
    text = format_summary(Results((one, there)))
    assert "scenario" not in text
    assert "pi@shed" in cells(text, "pi@shed") and "kitchen" in cells(text, "kitchen")
    # What is the same in all rows takes no room.
    assert "single-stream" not in format_summary(Results((one,)))


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(1.0, 1.0, 1.0), "1"),
        (Estimate(2.0, 1.8, 2.2), "2 (±10 %)"),
        (Estimate(2.0, 1.99, 2.01), "2 (±0.5 %)"),
        (Estimate(1.0, 1.0, 1.0 + 1e-15), "1 (±0 %)"),
        (Estimate(1234.0, 0.0, 16000.0), "1230 (±650 %)"),
        (Estimate(1.2, 0.0, math.inf), "1.2 (±?)"),
    ],
)
def test_times_the_fastest_have_two_digits_of_reach_and_no_exponent(estimate: Estimate, text: str) -> None:
    row = replace(make_rows(Results((make_measurement("net.tflite", 0.010),)))[0], times_fastest=estimate)
    (column,) = [column for column in COLUMNS if column.name == "times_fastest"]
    assert column.text(row) == text


def test_large_and_small_figures_are_shown_without_exponents() -> None:
    assert [show_number(value) for value in (123456, 0.000012, 7.88e-15)] == ["123000", "0.000012", "0"]
    slow = Results((make_measurement("net.tflite", 12.34), make_measurement("fast.tflite", 0.1)))
    assert "12300 (±0 %)" in cells(format_summary(slow), "net.tflite")
    assert Limits(max_latency_seconds=1).broken_by(make_rows(slow)[1]) == ["takes 12300 ms"]
    shed = replace(HOST, name="shed")
    slow = Results((make_measurement("net.tflite", 12.34), make_measurement("net.tflite", 0.1, host=shed)))
    assert "12300 (x 120)" in device_matrix(make_rows(slow))[1]


def test_results_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    write_results(tmp_path / "new" / "results.json", RESULTS)
    assert read_results(tmp_path / "new" / "results.json") == RESULTS
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["results.json"]


def test_results_keep_raw_seconds_under_names_that_say_so(tmp_path: Path) -> None:
    write_results(tmp_path / "results.json", make_results(("fast.tflite", 0.004, None)))
    (fields,) = json.loads((tmp_path / "results.json").read_text())["measurements"]
    assert fields["rounds"][0]["total_seconds"] == [0.004 * 0.9, 0.004, 0.004 * 1.1]
    assert fields["file_bytes"] == 1_250_000
    assert fields["host"]["processor"] == HOST.processor


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format_version": 99}', '{"format_version": 3, "measurements": [{}], "failures": []}']
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
        replace(make_round(0, (0.1,)), prepare_seconds=(), invoke_seconds=(), total_seconds=())
    with pytest.raises(ValueError, match="expected as many"):
        replace(make_round(0, (0.1, 0.2)), invoke_seconds=(0.1,))
    with pytest.raises(ValueError, match="expected 2 in all"):
        replace(make_round(0, (0.1, 0.2)), turn_runs=(1, 2))


def test_the_table_has_the_figures_in_their_units() -> None:
    titles, *rows = list(csv.reader(io.StringIO(format_csv(RESULTS))))
    good = dict(next(zip(titles, row) for row in rows if row[0] == "good.tflite"))
    assert float(good["total_p50_seconds"]) == 0.010
    # Twelve times 9, 10 and 11 ms.
    assert float(good["total_p90_seconds"]) == pytest.approx(0.011)
    assert float(good["prepare_p50_seconds"]) == 0.001
    assert float(good["pictures_a_second"]) == pytest.approx(100)
    assert (float(good["top1"]), float(good["peak_memory_bytes"])) == (0.95, 50e6)
    # 20 M multiply-accumulates in 9 ms.
    assert float(good["multiply_accumulates_a_second"]) == pytest.approx(20e6 / 0.009)
    # 190 of 200: Wilson's interval is 0.9104 to 0.9726.
    assert (float(good["top1_low"]), float(good["top1_high"])) == pytest.approx((0.9104, 0.9726), abs=5e-5)
    assert good["energy_joules_a_picture"] == ""
    assert cells(format_summary(RESULTS), "| * | good.tflite")[:7] == [
        "*", "good.tflite", "litert", "1", "95.0 (91.0 to 97.3)", "10 (±0 %)", "2.5",
    ]  # fmt: skip


def test_names_whose_letters_are_two_columns_wide_leave_the_table_straight() -> None:
    lines = format_rows([["model", "ms"], ["숫자_int8.tflite", "1"], ["りんご.tflite", "2"]]).splitlines()
    assert lines == [
        "| model            | ms |",
        "|------------------|----|",
        "| 숫자_int8.tflite | 1  |",
        "| りんご.tflite    | 2  |",
    ]


def test_accuracy_is_told_class_by_class() -> None:
    rows = list(csv.DictReader(io.StringIO(format_class_csv(RESULTS))))
    good = [row for row in rows if row["model"] == "models/good.tflite"]
    assert [(row["class"], float(row["top1"]), row["pictures"]) for row in good] == [
        ("daisy", 0.95, "100"),
        ("rose", 0.95, "100"),
    ]


def test_the_table_goes_from_fast_to_slow_and_ends_with_the_failures() -> None:
    lines = format_table(make_rows(RESULTS), COLUMNS, RESULTS).splitlines()[2:]
    names = ("fast.tflite", "stopped.tflite", "good.tflite", "beaten.tflite", "bad")
    assert all(name in line for name, line in zip(names, lines, strict=True))
    assert lines[-1] == "| ! | bad\\|ly.onnx failed: is no ONNX model; copy it again |"


def test_the_star_marks_what_no_other_model_beats() -> None:
    best = {row.name: row.is_best for row in make_rows(RESULTS)}
    assert best == {"fast.tflite": True, "stopped.tflite": False, "good.tflite": True, "beaten.tflite": False}


def test_the_agreement_is_with_the_float32_file_of_the_same_source() -> None:
    results = make_results(("small.tflite", 0.004, 160), ("float.tflite", 0.02, 180))
    small, original = results.measurements
    original = replace(original, card=replace(original.card, recipe="float32"))
    rows = {row.name: row for row in make_rows(replace(results, measurements=(small, original)))}
    assert rows["small.tflite"].agreement == Share(180, 200)
    assert rows["float.tflite"].agreement is None


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(), "Take good.tflite (litert, 1 thread): 10 ms a picture, 95.0% top-1"),
        (Limits(max_latency_seconds=0.008), "Take fast.tflite"),
        (Limits(max_latency_seconds=0.008), "It holds at most 8 ms"),
        (Limits(0.008, 0.9), "No model holds the limits (at most 8 ms, a top-1 of at least 0.9). good.tflite"),
        (Limits(0.008, 0.9), "takes 10 ms"),
        (Limits(max_size_bytes=1_000_000), "has 1.25 MB"),
    ],
)
def test_the_recommendation_says_what_to_take_and_why(limits: Limits, words: str) -> None:
    assert words in recommend(make_rows(RESULTS), limits)


def test_of_models_that_differ_by_chance_the_fastest_is_recommended() -> None:
    results = make_results(("fast.tflite", 0.004, 188), ("slow.tflite", 0.020, 190))
    text = recommend(make_rows(results), Limits())
    assert text.startswith("Take fast.tflite")
    assert "slow.tflite (litert, 1 thread) has 95.0%, which may be chance on 200 pictures, and takes 5 times" in text


def test_the_table_says_on_what_it_was_measured() -> None:
    text = format_markdown(RESULTS)
    assert "Raspberry Pi 5, 4 cores, 4.0 GiB, Linux aarch64, Python 3.11.2 (numpy 2.4.6)" in text
    assert "1280x720, 36 times in 12 processes" in text
    assert "200 pictures of flowers (test)" in text


def test_the_report_is_made_again_from_the_file_alone(run: Run, tmp_path: Path) -> None:
    write_results(tmp_path / "results.json", RESULTS)
    done = run("benchmarks", "report", tmp_path / "results.json", "--max-latency", "8ms", "--min-accuracy", "75%")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Take fast.tflite" in done.stdout
    limits = Limits(max_latency_seconds=0.008, min_accuracy=0.75)
    assert (tmp_path / "results.md").read_text() == format_markdown(RESULTS, limits)
    with Image.open(tmp_path / "pareto.png") as plot:
        assert min(plot.size) > 600
    assert {file.name for file in tmp_path.iterdir()} == {
        "results.json", "report.html", "results.md", "results.csv", "classes.csv",
        "pareto.png", "latency.png", "size.png", "memory.png",
    }  # fmt: skip


def test_its_folder_is_made_and_one_that_cannot_be_is_named(run: Run, tmp_path: Path) -> None:
    write_results(tmp_path / "results.json", RESULTS)
    assert run("benchmarks", "report", tmp_path / "results.json", "--out", tmp_path / "new" / "report").returncode == 0
    assert (tmp_path / "new" / "report" / "report.html").exists()
    done = run("benchmarks", "report", tmp_path / "results.json", "--out", tmp_path / "results.json" / "below")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "cannot be written" in done.stderr


def test_a_report_that_the_disk_has_no_room_for_is_told_by_name_and_not_left_in_part(run: Run, tmp_path: Path) -> None:
    write_results(tmp_path / "results.json", RESULTS)
    with small_disk(tmp_path) as disk:
        done = run("benchmarks", "report", tmp_path / "results.json", "--out", disk)
        assert done.returncode == 1
        assert done.stderr == (
            f"benchmarks: {disk / 'report.html'}: cannot be written (No space left on device); name another folder: "
            "python -m benchmarks report RESULTS.json --out DIR\n"
        )
        assert list(disk.iterdir()) == []


def test_without_any_measurement_there_is_a_report_and_no_plot(run: Run, tmp_path: Path) -> None:
    write_results(tmp_path / "results.json", Results(failures=RESULTS.failures))
    (tmp_path / "pareto.png").write_bytes(b"of an earlier run")
    done = run("benchmarks", "report", tmp_path / "results.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(tmp_path.glob("*.png"))
    assert "Nothing was measured to the end" in (tmp_path / "report.html").read_text()


def test_devices_stand_beside_each_other(run: Run, tmp_path: Path) -> None:
    shed = replace(HOST, name="shed", processor="Raspberry Pi 3")
    slow = Results((make_measurement("good.tflite", 0.030, host=shed),))
    write_results(tmp_path / "kitchen.json", RESULTS)
    slow = replace(slow, answers=(make_answers("good.tflite", 190),))
    write_results(tmp_path / "shed.json", slow)
    combined = combine_results({"kitchen.json": RESULTS, "shed.json": slow})
    words = recommend(make_rows(combined), Limits())
    assert re.match(r"On kitchen/kitchen: Take good.tflite .*\. On shed/shed: Take good.tflite ", words)
    matrix = device_matrix(make_rows(combined))
    assert matrix[0][4:] == ["kitchen/kitchen: p50 ms", "shed/shed: p50 ms"]
    assert ["good.tflite", "litert", "1", "single-stream", "10", "30 (x 3)"] in matrix
    out = tmp_path / "both"
    out.mkdir()
    assert run("benchmarks", "report", tmp_path / "kitchen.json", tmp_path / "shed.json", "--out", out).returncode == 0
    assert "30 (x 3)" in (out / "results.md").read_text()


def test_files_of_one_name_are_told_apart_by_their_folders_everywhere() -> None:
    folders = ("main", "branch")

    def moved(folder: str, seconds: float) -> Measurement:
        measured = make_measurement("m.tflite", seconds)
        return replace(measured, subject=replace(measured.subject, model=f"{folder}/m.tflite"))

    def run_in(place: str) -> Results:
        answers = [replace(make_answers("m.tflite", 180), model=f"{place}/{folder}/m.tflite") for folder in folders]
        measured = tuple(moved(f"{place}/{folder}", seconds) for folder, seconds in zip(folders, (0.01, 0.02)))
        return Results(measured, (Failure(f"{place}/bad/m.tflite", "is damaged"),), tuple(answers))

    one = run_in("/work")
    rows = make_rows(one)
    assert names_of(rows) == ["main/m", "branch/m"]
    assert recommend(rows, Limits()).startswith("Take main/m.tflite (litert, 1 thread)")
    lines = format_table(rows, COLUMNS, one).splitlines()[2:]
    assert re.findall(r"\S*m\.tflite", "\n".join(lines)) == ["main/m.tflite", "branch/m.tflite", "bad/m.tflite"]
    page = format_page(one)
    assert "<th>main/m.tflite</th><th>branch/m.tflite</th>" in page
    assert "bad/m.tflite: is damaged" in page
    # On another device they are in another place, and stand beside those here all the same.
    matrix = device_matrix(make_rows(combine_results({"here.json": one, "there.json": run_in("/home/pi")})))
    assert [(line[0], *line[4:]) for line in matrix[1:]] == [
        ("main/m.tflite", "10", "10"),
        ("branch/m.tflite", "20", "20"),
    ]


def on_host(results: Results, host: str) -> Results:
    """The same, measured over ssh."""
    return replace(
        results,
        measurements=tuple(replace(m, subject=replace(m.subject, host=host)) for m in results.measurements),
        answers=tuple(replace(a, host=host) for a in results.answers),
    )


def test_hosts_of_one_name_in_several_files_are_told_apart_by_the_file() -> None:
    right, wrong = (on_host(make_results(("net.tflite", seconds, correct)), "shed") for seconds, correct in RUNS)
    rows = make_rows(combine_results({"a.json": right, "b.json": wrong}))
    assert [(row.measurement.subject.host, row.top1) for row in rows] == [
        ("a/shed", Share(200, 200)),
        ("b/shed", Share(0, 200)),
    ]


def test_runs_of_one_machine_are_compared_as_those_of_two_devices() -> None:
    one, other = (replace(make_results(("net.tflite", *run)), failures=RESULTS.failures) for run in RUNS)
    combined = combine_results({"a/results.json": one, "b/results.json": other})
    rows = make_rows(combined)
    # Rounds of different runs were not measured close together, whatever their numbers are.
    assert [row.times_fastest for row in rows] == [Estimate(1, 1, 1)] * 2
    assert all(row.is_best for row in rows)
    assert device_matrix(rows)[0][4:] == ["a/kitchen: p50 ms", "b/kitchen: p50 ms"]
    assert re.match(r"On a/kitchen: Take .* On b/kitchen: Take ", recommend(rows, Limits()))
    assert [combined.title_of(failure) for failure in combined.failures] == ["bad|ly.onnx (a)", "bad|ly.onnx (b)"]
    assert {measurement.host.name for measurement in combined.measurements} == {"a/kitchen", "b/kitchen"}


def test_boards_of_one_run_that_call_themselves_the_same_are_told_apart() -> None:
    here, there = (make_results(("net.tflite", *run)) for run in RUNS)
    there = on_host(there, "pi@shed")
    rows = make_rows(Results(here.measurements + there.measurements, answers=here.answers + there.answers))
    assert device_matrix(rows)[0][4:] == ["kitchen: p50 ms", "pi@shed: p50 ms"]
    assert re.match(r"On kitchen: Take .* On pi@shed: Take ", recommend(rows, Limits()))
    assert [row.times_fastest for row in rows] == [Estimate(1, 1, 1)] * 2


LOADED = Conditions(((0.0, 1.0),), other_load_cores=1.5)


def test_pictures_that_could_not_be_read_are_told_once() -> None:
    answers = [replace(make_answers(name, 150), unreadable=3) for name in ("a.tflite", "b.tflite")]
    told = find_cautions(Results((make_measurement("a.tflite", 0.01),), answers=tuple(answers)))
    assert [line for line in told if "3 of 203 pictures cannot be read" in line] == told[:1]


def test_a_model_that_is_right_as_often_as_guessing_is_told() -> None:
    told = find_cautions(make_results(("good.tflite", 0.01, 150), ("mixed_up.tflite", 0.01, 99)))
    assert [line.partition(";")[0] for line in told] == ["right no more often than guessing may be: mixed_up.tflite"]
    few = replace(make_results(("new.tflite", 0.01, None)), answers=(make_answers("new.tflite", 10, total=20),))
    assert find_cautions(few) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: replace(m, host=replace(HOST, governor="ondemand")), "governor is ondemand"),
        (lambda m: replace(m, host=replace(HOST, is_emulated=True)), "emulated"),
        (lambda m: replace(m, host=replace(HOST, is_debug_build=True)), "debug build"),
        (lambda m: with_conditions(m, LOADED), "kept 1.5 cores busy"),
        (lambda m: with_conditions(m, replace(LOADED, is_throttled=True)), "throttled in 12 of 12 rounds"),
        (lambda m: with_conditions(m, replace(LOADED, swapped_pages=10)), "120 pages were read back from swap"),
        (lambda m: with_rounds(m, (0.01, 0.01, 0.01, 0.05)), "over 3 times the median: good.tflite"),
        (lambda m: replace(m, rounds=tuple(replace(p, first_seconds=1) for p in m.rounds)), "first run takes over 5"),
        (lambda m: replace(m, rounds=tuple(replace(p, is_steady=False) for p in m.rounds)), "did not settle"),
        (lambda m: replace(m, rounds=(make_round(0, (0.009, 0.010, 0.012)),)), "too few runs .* take --runs auto"),
        (lambda m: replace(m, rounds=(*m.rounds, make_round(12, (0.02,)))), "slowest round took over 1.5 times"),
        (
            lambda m: replace(
                m,
                subject=replace(m.subject, backend="tflite-runtime"),
                host=replace(HOST, system="Linux x86_64"),
            ),
            "14 times slower than LiteRT",
        ),
    ],
)
def test_what_spoils_figures_is_told_with_the_next_step(
    change: Callable[[Measurement], Measurement], words: str
) -> None:
    good = make_measurement("good.tflite", 0.010)
    assert find_cautions(Results((good,))) == []
    cautions = find_cautions(Results((change(good),)))
    assert any(re.search(words, caution) for caution in cautions), cautions


def with_conditions(measurement: Measurement, conditions: Conditions) -> Measurement:
    return replace(measurement, rounds=tuple(replace(part, conditions=conditions) for part in measurement.rounds))


def with_rounds(measurement: Measurement, times: tuple[float, ...]) -> Measurement:
    return replace(measurement, rounds=tuple(make_round(number, times) for number in range(12)))
