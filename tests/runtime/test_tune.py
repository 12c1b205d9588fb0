"""`runtime tune`, and what `--threads auto` makes of it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from runtime.backends import available_cores, default_threads, find_backends
from runtime.card import Measured
from runtime.host import (
    Counters,
    count_throttlings,
    describe_disturbances,
    other_load_cores,
    parse_throttled,
    read_counters,
    read_governor,
    swapped_pages,
)
from runtime.trials import PictureTrial, Setting, Trial, choose_model, choose_pictures, choose_setting, thread_counts
from runtime.tuning import Tuning, recall_tuning, remember_tuning
from tests.conftest import Run
from tests.runtime.variants import GREEN, copy_with_card, paint


def make_trial(model: str, milliseconds: float, threads: int = 1, top1: float | None = None, worst: float = 0) -> Trial:
    """Ten runs, one in five of which take `worst`."""
    usual, slow = milliseconds / 1e3, max(milliseconds, worst) / 1e3
    return Trial(Setting(Path(model), "litert", threads), (usual,) * 8 + (slow,) * 2, top1)


@pytest.mark.parametrize(("cores", "counts"), [(1, (1,)), (2, (1, 2)), (4, (1, 2, 4)), (6, (1, 2, 4, 6))])
def test_threads_double_up_to_the_cores(cores: int, counts: tuple[int, ...]) -> None:
    assert thread_counts(cores) == counts


def test_the_quickest_setting_wins_but_not_by_a_hair() -> None:
    assert choose_setting((make_trial("a", 10), make_trial("a", 7, 2), make_trial("a", 6.9, 4))).setting.threads == 2
    assert choose_setting((make_trial("a", 10), make_trial("a", 9.9, 2))).setting.threads == 1


def test_without_a_limit_the_quickest_model_is_picked_with_one_the_most_accurate_within_it() -> None:
    quick, good, best = (
        make_trial("quick", 5, top1=0.8), make_trial("good", 9, top1=0.9), make_trial("best", 30, top1=0.95)
    )  # fmt: skip
    unknown, unsteady = make_trial("unknown", 4), make_trial("unsteady", 4, top1=0.99, worst=25)
    chosen = (best, good, quick, unknown, unsteady)
    assert choose_model(chosen, None) is unknown
    assert choose_model(chosen, 0.020) is good
    assert choose_model(chosen, 0.006) is quick
    assert choose_model(chosen, 0.001) is None
    assert choose_model((make_trial("a", 7, top1=0.9), make_trial("b", 6, top1=0.9)), 0.020).setting.model.name == "b"  # type: ignore[union-attr]


def test_spread_is_from_p10_to_p90() -> None:
    assert make_trial("a", 10).spread == 0
    assert make_trial("a", 10, worst=15).spread == pytest.approx(0.5)


def test_of_pictures_the_most_a_second_win() -> None:
    many, one = PictureTrial(4, 1, (100.0, 300.0, 310.0)), PictureTrial(1, 4, (290.0, 280.0, 900.0))
    assert choose_pictures((one, many)) is many


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing was measured yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def make_variants(models: Path, folder: Path) -> list[Path]:
    """Two variants of a model, of which the second is said to be the more accurate one."""
    paths = []
    for name, top1 in (("rgb_int8.tflite", 0.8), ("rgb_float32.tflite", 0.9)):
        measured = Measured("colours", "test", 100, 0.9, top1)
        paths.append(copy_with_card(models / name, folder / name, measured=measured))
    return paths


def tune(run: Run, *arguments: object) -> dict[str, Any]:
    done = run("runtime", "tune", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    fields: dict[str, Any] = json.loads(done.stdout)
    return fields


def test_every_setting_is_tried_as_often_and_the_best_of_each_model_is_remembered(
    run: Run, models: Path, tmp_path: Path, state: Path
) -> None:
    variants = make_variants(models, tmp_path)
    backend = find_backends(".tflite")[0].name  # loading all of them would take long
    found = tune(run, *variants, "--backend", backend, "--runs", 23, "--max-latency", "10s")
    counts = {(trial["model"], trial["backend"], trial["threads"]) for trial in found["trials"]}
    assert {threads for _, _, threads in counts} == set(thread_counts(available_cores()))
    assert {model for model, _, _ in counts} == set(map(str, variants))
    assert len(counts) == len(found["trials"])
    assert {len(trial["latency_s"]) for trial in found["trials"]} == {23}
    assert all(second > 0 for trial in found["trials"] for second in trial["latency_s"])
    assert found["picked"]["model"] == str(variants[1])
    assert found["remembered"] is True
    for variant in variants:
        (best,) = [trial for trial in found["trials"] if trial["model"] == str(variant) and trial["is_best"]]
        pictures = [form for form in found["pictures"] if form["model"] == str(variant)]
        assert (available_cores(), 1) in {(form["workers"], form["threads"]) for form in pictures}
        kept = recall_tuning(variant)
        assert kept is not None
        assert (kept.backend, kept.threads) == (best["backend"], best["threads"])
        assert (kept.picture_workers, kept.picture_threads) in {(form["workers"], form["threads"]) for form in pictures}


def test_a_table_is_for_the_eye_and_a_limit_that_nothing_keeps_fails(run: Run, models: Path, state: Path) -> None:
    model = models / "rgb_uint8.onnx"
    done = run("runtime", "tune", model, "--backend", "onnx", "--runs", 10)
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in ("threads", "p50 ms", "p90 ms", "spread %", "top-1 %"))
    assert f"picked {model} on onnx" in done.stdout
    assert "remembered for --threads auto" in done.stdout
    done = run("runtime", "tune", model, "--backend", "onnx", "--runs", 10, "--max-latency", "0.001ms")
    assert done.returncode == 1
    assert "p50 ms" in done.stdout
    assert "no model keeps within 0.001 ms" in done.stderr


def test_auto_uses_what_was_remembered(run: Run, models: Path, tmp_path: Path, state: Path) -> None:
    model = models / "rgb_int8.tflite"
    backend = json.loads(run("runtime", "info", model, "--json").stdout)["backends"][0]
    assert remember_tuning(model, Tuning(backend, 3, 2, 1))
    done = run("runtime", "bench", model, "--threads", "auto", "--runs", 2, "--json")
    assert done.stderr == ""
    assert json.loads(done.stdout)["threads"] == 3
    for name in ("1", "2", "3"):
        Image.fromarray(paint(GREEN)).save(tmp_path / f"{name}.png")
    done = run("runtime", "classify", *tmp_path.glob("*.png"), "--threads", "auto", "--model", model)
    assert done.stderr == ""
    assert done.stdout.count('"label": "green"') == 3


def test_auto_says_so_where_nothing_is_known_yet(run: Run, models: Path, state: Path) -> None:
    model = models / "rgb_int8.tflite"
    done = run("runtime", "bench", model, "--threads", "auto", "--runs", 2, "--json")
    assert json.loads(done.stdout)["threads"] == default_threads()
    assert done.stderr.startswith("runtime: --threads auto: nothing was found out here yet")
    assert f"runtime tune {model}" in done.stderr


def test_auto_does_without_a_backend_that_is_no_longer_here(run: Run, models: Path, state: Path) -> None:
    """As in another environment of the same user."""
    model = models / "rgb_int8.tflite"
    assert remember_tuning(model, Tuning("acme", 3, 2, 1))
    done = run("runtime", "bench", model, "--threads", "auto", "--runs", 2, "--json")
    assert (done.returncode, json.loads(done.stdout)["threads"]) == (0, default_threads())
    assert done.stderr.startswith("runtime: --threads auto: nothing was found out here yet")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no json",
        "[]",
        '{"backend": 1}',
        '{"backend": "a", "threads": 0, "picture_workers": 1, "picture_threads": 1}',
    ],
)
def test_what_somebody_else_wrote_there_is_left_aside(models: Path, state: Path, content: str) -> None:
    model = models / "rgb_int8.tflite"
    assert recall_tuning(model) is None
    assert remember_tuning(model, Tuning("litert", 2, 1, 2))
    assert recall_tuning(model) == Tuning("litert", 2, 1, 2)
    (entry,) = (state / "edgeframe" / "tuned").iterdir()
    entry.write_text(content)
    assert recall_tuning(model) is None


def test_a_folder_that_cannot_be_written_is_told(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/no/such")
    assert not remember_tuning(models / "rgb_int8.tflite", Tuning("litert", 2, 1, 2))


def test_threads_must_be_a_number_or_auto(run: Run, models: Path) -> None:
    done = run("runtime", "bench", models / "rgb_int8.tflite", "--threads", "many")
    assert done.returncode == 2
    assert "expected a number or auto" in done.stderr


def test_governors_and_throttling_are_read_from_the_kernel(tmp_path: Path) -> None:
    assert read_governor(tmp_path) is None
    assert count_throttlings(tmp_path) is None
    for cpu, governor in (("cpu0", "performance"), ("cpu1", "ondemand")):
        (tmp_path / cpu / "cpufreq").mkdir(parents=True)
        (tmp_path / cpu / "cpufreq" / "scaling_governor").write_text(f"{governor}\n")
        (tmp_path / cpu / "thermal_throttle").mkdir()
        (tmp_path / cpu / "thermal_throttle" / "core_throttle_count").write_text("21\n")
    assert read_governor(tmp_path) == "ondemand, performance"
    assert count_throttlings(tmp_path) == 42


def test_what_a_program_does_itself_is_no_load_of_others() -> None:
    before, now = Counters(100.0, own_seconds=5.0, busy_seconds=900.0), Counters(110.0, 85.0, 985.0)
    assert other_load_cores(before, now) == pytest.approx(0.5)
    assert not [told for told in describe_disturbances(before, now) if "other programs" in told]
    assert "other programs kept 8.5 cores busy" in "".join(describe_disturbances(before, Counters(110.0, 5.0, 985.0)))


def test_the_work_of_threads_and_children_counts_as_a_programs_own() -> None:
    before = read_counters()
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", burn], check=True)
    after_child = read_counters()
    assert after_child.own_seconds - before.own_seconds > 0.25
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: hashlib.sha256(bytes(60_000_000)).digest(), range(4)))
    assert read_counters().own_seconds > after_child.own_seconds


def test_where_no_busy_seconds_are_counted_the_load_of_before_is_told() -> None:
    before, now = Counters(0.0, 0.0, load_average=1.5), Counters(10.0, 40.0, load_average=4.0)
    assert other_load_cores(before, now) == 1.5
    assert other_load_cores(Counters(0.0, 0.0), Counters(10.0, 40.0)) is None


def test_pages_read_back_from_swap_are_told() -> None:
    before, now = Counters(0.0, 0.0, 0.0, swapped_pages=10), Counters(10.0, 10.0, 10.0, swapped_pages=1510)
    assert swapped_pages(before, now) == 1500
    assert "1,500 pages were read back from swap" in "".join(describe_disturbances(before, now))
    assert swapped_pages(before, Counters(10.0, 10.0)) is None


@pytest.mark.parametrize(
    ("answer", "is_throttled"),
    [("throttled=0x0\n", False), ("throttled=0x50000\n", False), ("throttled=0x50005\n", True), ("", None)],
)
def test_a_raspberry_pi_tells_what_happens_now_apart_from_what_has_happened(
    answer: str, is_throttled: bool | None
) -> None:
    assert parse_throttled(answer) is is_throttled


def test_without_a_name_it_is_the_model_that_comes_along(run: Run) -> None:
    done = run("runtime", "tune", "--backend", "onnx")
    assert done.returncode == 2
    assert "--backend onnx runs .onnx files, not" in done.stderr
    assert "efficientnet_lite0_int8.tflite" in done.stderr
