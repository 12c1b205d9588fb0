"""`compare`: real differences are told from noise, and a regression fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePath

import numpy as np
import pytest

from benchmarks.measurement import Failure, Results
from benchmarks.regression import Change, find_cautions, find_changes, find_lost, find_new
from benchmarks.results_file import write_results
from tests.benchmarks.figures import make_answers, make_measurement, make_results, make_round
from tests.conftest import Run


def noisy(seconds: float, seed: int, correct: int = 180) -> Results:
    """A run of one model on a machine with a noise of 2 % from process to process."""
    generator = np.random.default_rng(seed)
    times = [tuple(seconds * generator.normal(1, 0.02) * generator.normal(1, 0.01, 20)) for _ in range(12)]
    measurement = make_measurement("cnn.tflite", seconds)
    rounds = tuple(make_round(number, part) for number, part in enumerate(times))
    return Results((replace(measurement, rounds=rounds),), answers=(make_answers("cnn.tflite", correct),))


def latency_change(before: Results, after: Results) -> Change:
    return next(change for change in find_changes(before, after) if change.figure == "latency p50, ms")


def test_no_difference_is_found_in_noise_19_times_in_20() -> None:
    found = [latency_change(noisy(0.01, seed), noisy(0.01, seed + 1000)).cost_ratio.is_real for seed in range(100)]
    assert sum(found) <= 5


def test_a_regression_of_10_percent_is_found_in_the_same_noise() -> None:
    changes = [latency_change(noisy(0.01, seed), noisy(0.011, seed + 1000)) for seed in range(20)]
    assert all(change.is_regression(0.05) for change in changes)
    assert not any(change.is_regression(0.15) for change in changes)
    assert not any(latency_change(noisy(0.011, seed), noisy(0.01, seed)).is_regression(0) for seed in range(20))


def test_lost_accuracy_is_a_regression_and_a_few_pictures_are_chance() -> None:
    def top1(correct: int) -> Change:
        return find_changes(noisy(0.01, 0), noisy(0.01, 0, correct))[-1]

    assert top1(150).is_regression(0.05)
    assert not top1(190).is_regression(0)
    assert top1(180).verdict == "no real difference"


@pytest.mark.parametrize(
    ("seconds", "arguments", "status"),
    [(0.010, (), 0), (0.012, (), 1), (0.012, ("--fail-above", "25%"), 0), (0.008, (), 0)],
)
def test_the_exit_status_is_for_continuous_integration(
    run: Run, tmp_path: Path, seconds: float, arguments: tuple[str, ...], status: int
) -> None:
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    write_results(before, noisy(0.010, 1))
    write_results(after, noisy(seconds, 2))
    done = run("benchmarks", "compare", before, after, *arguments)
    assert (done.returncode, done.stderr) == (status, "")
    assert ("worse by more than" in done.stdout) == bool(status)


def test_results_with_nothing_in_common_are_refused(run: Run, tmp_path: Path) -> None:
    write_results(tmp_path / "a.json", make_results(("a.tflite", 0.01, 100)))
    write_results(tmp_path / "b.json", make_results(("b.tflite", 0.01, 100)))
    done = run("benchmarks", "compare", tmp_path / "a.json", tmp_path / "b.json")
    assert done.returncode == 1
    assert "have nothing in common" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        (("measurements", "answers"), "is not measured any more: killed by SIGSEGV"),
        (("answers",), "has no accuracy any more: killed by SIGSEGV"),
    ],
)
def test_what_is_lost_is_a_regression(run: Run, tmp_path: Path, lost: tuple[str, ...], message: str) -> None:
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    results = make_results(("a.tflite", 0.01, 100), ("b.tflite", 0.01, 100))
    kept = {name: tuple(one for one in getattr(results, name) if "a.tflite" in str(one)) for name in lost}
    write_results(before, results)
    write_results(after, replace(results, failures=(Failure("models/b.tflite", "killed by SIGSEGV"),), **kept))  # type: ignore[arg-type]
    done = run("benchmarks", "compare", before, after)
    assert (done.returncode, done.stderr) == (1, "")
    assert message in done.stdout


def test_what_is_lost_is_explained_by_the_failure_of_its_own_setting() -> None:
    results = make_results(("a.tflite", 0.01, None))
    failures = [
        Failure("models/a.tflite", "killed", "litert, 4 threads"),
        Failure("models/a.tflite", "no such device", "shed"),
        Failure("models/a.tflite", "too slow", "litert, 1 thread"),
    ]
    lost = "a.tflite (litert, 1 thread) is not measured any more"
    assert find_lost(results, Results(failures=tuple(failures[:2]))) == [lost]
    assert find_lost(results, Results(failures=tuple(failures))) == [f"{lost}: too slow"]


def in_folder(folder: str, results: Results) -> Results:
    """The same, of files in another folder."""
    moved = [replace(m, subject=replace(m.subject, model=f"{folder}/{m.subject.name}")) for m in results.measurements]
    answers = [replace(a, model=f"{folder}/{PurePath(a.model).name}") for a in results.answers]
    return Results(tuple(moved), answers=tuple(answers))


def join(one: Results, other: Results) -> Results:
    return Results(one.measurements + other.measurements, answers=one.answers + other.answers)


def test_files_of_one_name_in_a_run_are_told_apart_by_their_folders() -> None:
    main, branch = in_folder("main", make_results(("m.tflite", 0.01, 180))), make_results(("m.tflite", 0.02, 90))
    before = join(main, in_folder("branch", branch))
    assert {change.before for change in find_changes(before, before) if change.figure == "top-1, %"} == {90, 45}
    assert all(change.verdict == "no real difference" for change in find_changes(before, before))
    # One of them alone is still the same file, and the other is lost.
    assert {change.subject for change in find_changes(before, main)} == {"main/m.tflite (litert, 1 thread)"}
    failed = replace(main, failures=(Failure("branch/m.tflite", "killed"), Failure("main/m.tflite", "slow")))
    assert find_lost(before, failed) == ["branch/m.tflite (litert, 1 thread) is not measured any more: killed"]
    assert find_new(main, before) == ["branch/m.tflite (litert, 1 thread)"]
    # Of one file each, the folders do not matter.
    assert {change.subject for change in find_changes(main, branch)} == {"m.tflite (litert, 1 thread)"}


def test_what_only_the_later_run_has_and_other_data_and_machines_are_told(run: Run, tmp_path: Path) -> None:
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    same = make_results(("a.tflite", 0.01, 100))
    write_results(before, replace(same, data_sha256="1"))
    write_results(after, replace(same, data_sha256="1"))
    assert "caution" not in run("benchmarks", "compare", before, after).stdout
    results = make_results(("a.tflite", 0.01, 100), ("b.tflite", 0.01, 100))
    elsewhere = [replace(m, host=replace(m.host, name="shed", cores=2)) for m in results.measurements]
    write_results(after, replace(results, measurements=tuple(elsewhere), data_sha256="2"))
    done = run("benchmarks", "compare", before, after)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"b.tflite (litert, 1 thread) is only in {after}\n" in done.stdout
    assert "caution: not the same data" in done.stdout
    assert "caution: not the same kind of machine: kitchen (Raspberry Pi 5, 4 cores" in done.stdout


def test_a_machine_is_known_by_what_it_is_not_by_its_name() -> None:
    """The runners of a CI have another name each time."""
    before = make_results(("a.tflite", 0.01, 100))

    def caution(**changes: object) -> list[str]:
        moved = [replace(m, host=replace(m.host, **changes)) for m in before.measurements]  # type: ignore[arg-type]
        return find_cautions(before, replace(before, measurements=tuple(moved)))

    memory = before.measurements[0].host.memory_bytes
    assert memory is not None
    assert caution(name="runner-7f3a", memory_bytes=memory - 20_000_000, python="3.14.0") == []
    for changes in (
        {"processor": "Raspberry Pi 4"},
        {"cores": 2},
        {"memory_bytes": 2 * memory},
        {"system": "Darwin arm64"},
    ):
        assert [line.partition(":")[0] for line in caution(**changes)] == ["not the same kind of machine"]
