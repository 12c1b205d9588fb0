"""Measuring real files in real processes, bad ones among them."""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from benchmarks.answers import Share
from benchmarks.data import Data
from benchmarks.errors import BenchmarkError
from benchmarks.machine import ThisMachine, share_memory
from benchmarks.measurement import Results, Round, Subject
from benchmarks.results_file import read_results
from benchmarks.run import run_benchmark
from benchmarks.tasks import LatencyTask, Settings
from benchmarks.worker_process import run_in_turns
from runtime.card_file import embed_card, read_card
from runtime.errors import BackendError, UsageError
from tests.benchmarks.conftest import write_tiny_data
from tests.conftest import MODELS, ROOT, Run

# An interpreter whose process dies the way that a bug in native code kills it.
CRASHING_INTERPRETER = """
import os, signal, sys
class Interpreter:
    def __init__(self, **options):
        print("about to crash", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
"""


def test_every_model_is_measured_and_the_rest_goes_on_when_some_fail(
    run: Run, models: Path, colours: Path, tmp_path: Path
) -> None:
    truncated, text = tmp_path / "truncated.tflite", tmp_path / "text.onnx"
    truncated.write_bytes((models / "rgb_int8.tflite").read_bytes()[:1000])
    text.write_text("no model\n" * 100)
    good = [models / "rgb_int8.tflite", models / "rgb_float32.onnx"]
    out = tmp_path / "out"
    done = run(
        "benchmarks", "run", truncated, good[0], text, tmp_path / "none.tflite", good[1],
        "--data", colours, "--out", out, "--runs", 6,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    results = read_results(out / "results.json")
    assert {measurement.subject.model for measurement in results.measurements} == set(map(str, good))
    assert [results.title_of(failure) for failure in results.failures] == [
        "truncated.tflite",
        "text.onnx",
        "none.tflite",
    ]
    assert "copy it again" in results.failures[0].message
    assert [line for line in done.stdout.splitlines() if "none.tflite failed" in line]
    assert {file.name for file in out.iterdir()} >= {"results.json", "report.html", "results.md", "pareto.png"}
    check_figures(results)


def check_figures(results: Results) -> None:
    """Six runs in six processes on twelve pictures that are easy to tell apart."""
    for measurement in results.measurements:
        assert measurement.subject.backend == ("litert" if measurement.subject.name.endswith("tflite") else "onnx")
        assert [len(part.total_seconds) for part in measurement.rounds] == [1] * 6
        answers = results.answers_of(measurement.subject)
        assert answers is not None
        assert answers.top(1) == Share(12, 12)
        assert measurement.file_bytes == Path(measurement.subject.model).stat().st_size
        assert measurement.card.labels == ("red", "green", "blue")
        # A matrix of 3 x 3, in either format.
        assert measurement.macs == 9
        for part in measurement.rounds:
            steps = zip(part.prepare_seconds, part.invoke_seconds, part.total_seconds)
            assert all(0 < prepare + invoke <= total for prepare, invoke, total in steps)
            # A process that imports numpy and loads a model takes tens of milliseconds and of megabytes.
            assert 0.01 < part.time_to_first_result_seconds < 60
            assert part.peak_memory_bytes is None or 1e7 < part.peak_memory_bytes < 1e9


def test_of_a_file_that_nothing_runs_the_remedy_is_told() -> None:
    with pytest.raises(BackendError, match="convert it: python -m convert flowers"):
        ThisMachine().default_backend("flowers.keras")


def test_a_model_that_takes_its_process_down_is_a_row_and_the_rest_goes_on(
    run: Run, models: Path, colours: Path, tmp_path: Path
) -> None:
    package = tmp_path / "lib" / "ai_edge_litert"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "interpreter.py").write_text(CRASHING_INTERPRETER)
    files = (models / "rgb_int8.tflite", models / "rgb_float32.onnx")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "lib")}
    settings = ("--data", colours, "--out", tmp_path, "--runs", 1, "--backend")
    done = run("benchmarks", "run", files[0], *settings, "litert", env=environment)
    (failure,) = read_results(tmp_path / "results.json").failures
    assert done.returncode == 1
    assert "SIGSEGV" in failure.message
    done = run("benchmarks", "run", *files, *settings[:-1], env=environment)
    results = read_results(tmp_path / "results.json")
    assert done.returncode == 1
    assert [results.title_of(failure) for failure in results.failures] == ["rgb_int8.tflite (litert, 1 thread)"]
    assert [measurement.subject.name for measurement in results.measurements] == ["rgb_float32.onnx"]


def test_a_model_that_never_answers_is_a_row_and_the_rest_goes_on(models: Path, colours: Path, tmp_path: Path) -> None:
    hanging, good = make_hanging(tmp_path / "hang.onnx"), models / "rgb_float32.onnx"
    out = tmp_path / "results.json"
    settings = Settings(Data(str(colours)), runs=2)
    results = run_benchmark([str(hanging), str(good)], settings, out, [ThisMachine(silence_seconds=20)])
    assert results == read_results(out)
    (failure,) = results.failures
    assert results.title_of(failure) == "hang.onnx (onnx, 1 thread)"
    assert "hang.onnx: its process gave no answer within 20 s" in failure.message
    (measurement,) = results.measurements
    assert (measurement.subject.name, len(measurement.rounds)) == (good.name, 2)
    assert results.answers_of(measurement.subject) is not None
    assert not find_workers()


def make_hanging(path: Path) -> Path:
    """A valid network of 2**60 turns of a loop, with a card."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: make install")
    helper, number, float32, bool_ = onnx.helper, onnx.TensorProto.INT64, onnx.TensorProto.FLOAT, onnx.TensorProto.BOOL
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["go_on"], ["goes_on"]), helper.make_node("Neg", ["mean"], ["next"])],
        "body",
        [value("turn", number, []), value("go_on", bool_, []), value("mean", float32, [1, 3])],
        [value("goes_on", bool_, []), value("next", float32, [1, 3])],
    )
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["picture"], ["first"], axes=[1, 2], keepdims=0),
            helper.make_node("Loop", ["turns", "", "first"], ["last"], body=body),
            helper.make_node("Softmax", ["last"], ["scores"], axis=1),
        ],
        "hang",
        [value("picture", float32, [1, 8, 8, 3])],
        [value("scores", float32, [1, 3])],
        [helper.make_tensor("turns", number, [], [2**60])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    card = read_card(MODELS / "rgb_float32.onnx")
    assert card is not None
    embed_card(path, replace(card, name="hang", golden=()))
    return path


def test_a_silent_wait_is_in_no_time(models: Path) -> None:
    subject = Subject(str(models / "rgb_int8.tflite"), "litert", 1)
    tasks = [LatencyTask(subject, 0, 40, None, **share) for share in ({"planted_share": 99.0}, {"silent_share": 99.0})]
    planted, silent = run_in_turns(tasks)
    assert isinstance(planted, Round)
    assert isinstance(silent, Round)
    assert statistics.median(planted.invoke_seconds) > 20 * statistics.median(silent.invoke_seconds)


def test_a_process_that_dies_in_one_of_its_turns_leaves_the_others_theirs(models: Path) -> None:
    subject = Subject(str(models / "rgb_int8.tflite"), "litert", 1)
    # The second one waits for seconds in each run, so that there is time to kill it; the other is timed whole.
    tasks = [LatencyTask(subject, 0, 40, None), LatencyTask(subject, 0, 40, None, planted_share=1e6)]

    def kill_the_waiting_one() -> None:
        wait_until(lambda: len(find_workers()) == 2)
        wait_until(lambda: any("1000000.0" in command for command in find_workers().values()))
        (number,) = (number for number, command in find_workers().items() if "1000000.0" in command)
        os.kill(number, signal.SIGKILL)

    killer = threading.Thread(target=kill_the_waiting_one)
    killer.start()
    whole, dead = run_in_turns(tasks)
    killer.join()
    assert isinstance(whole, Round)
    assert (len(whole.total_seconds), whole.turn_runs) == (40, (2,) * 20)
    assert isinstance(dead, BenchmarkError)
    assert "rgb_int8.tflite: its process was killed by SIGKILL" in str(dead)


def test_a_process_that_is_stopped_in_its_turn_is_ended(models: Path) -> None:
    subject = Subject(str(models / "rgb_int8.tflite"), "litert", 1)

    def stop_it() -> None:
        wait_until(lambda: len(find_workers()) == 1)
        os.kill(*find_workers(), signal.SIGSTOP)

    stopper = threading.Thread(target=stop_it)
    stopper.start()
    # It waits for seconds in each run, so that there is time to stop it.
    (stopped,) = run_in_turns([LatencyTask(subject, 0, 40, None, planted_share=1e6)], silence_seconds=5)
    stopper.join()
    assert isinstance(stopped, BenchmarkError)
    assert "rgb_int8.tflite: its process gave no answer within 5 s" in str(stopped)
    assert not find_workers()


def find_workers() -> dict[int, str]:
    """The command lines of this process's children, by their numbers."""
    found = subprocess.run(
        ["ps", "-ww", "--ppid", str(os.getpid()), "-o", "pid=,args="], capture_output=True, text=True, check=True
    )
    lines = [line.split(None, 1) for line in found.stdout.splitlines() if "benchmarks.worker" in line]
    return {int(number): command for number, command in lines}


def test_as_many_processes_are_side_by_side_as_half_of_the_memory_holds(models: Path) -> None:
    tasks = [LatencyTask(Subject(str(models / "rgb_int8.tflite"), "litert", 1), number, 1, None) for number in range(5)]
    numbers = [[task.number for task in group] for group in share_memory(tasks, 700_000_000)]
    assert numbers == [[0, 1], [2, 3], [4]]
    assert [len(group) for group in share_memory(tasks, 1)] == [1] * 5
    assert [len(group) for group in share_memory(tasks, 64_000_000_000)] == [5]


def test_a_missing_extra_is_named_with_its_remedy(models: Path, colours: Path, tmp_path: Path) -> None:
    code = "import sys; sys.modules['tqdm'] = None; from benchmarks.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "run", models / "rgb_int8.tflite", "--data", colours, "--out", tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    words = "benchmarks: tqdm is not installed; pip install -e '.[benchmarks]'\n"
    assert (done.returncode, done.stderr) == (1, words)


def test_a_model_that_answers_nan_is_a_row_that_says_so(run: Run, models: Path, colours: Path, tmp_path: Path) -> None:
    model = tmp_path / "nan.onnx"
    weight, nan = np.float32(6 / 255).tobytes(), np.float32(np.nan).tobytes()
    content = (models / "rgb_float32.onnx").read_bytes()
    assert content.count(weight) == 3
    model.write_bytes(content.replace(weight, nan))
    done = run("benchmarks", "run", model, "--data", colours, "--out", tmp_path, "--runs", 1)
    assert done.returncode == 1
    assert "nan.onnx (onnx, 1 thread) failed: rgb_float32: its network answers with NaN" in done.stdout


def test_classes_that_are_not_the_models_are_refused(run: Run, models: Path, colours: Path, tmp_path: Path) -> None:
    other = tmp_path / "data"
    for split in ("train", "test"):
        for colour, name in (("red", "apple"), ("green", "pear")):
            shutil.copytree(colours / split / colour, other / split / name)
    done = run("benchmarks", "run", models / "rgb_int8.tflite", "--data", other, "--out", tmp_path)
    assert done.returncode == 1
    (failure,) = read_results(tmp_path / "results.json").failures
    assert "2 of its 2 classes (apple, pear) are not among the model's 3 labels (red, green, blue);" in failure.message


def test_fewer_pictures_can_be_asked_for(run: Run, models: Path, colours: Path, tmp_path: Path) -> None:
    settings = ("--data", colours, "--out", tmp_path, "--max-pictures", 6, "--split", "train", "--runs", 1)
    assert run("benchmarks", "run", models / "rgb_float32.tflite", *settings).returncode == 0
    (answers,) = read_results(tmp_path / "results.json").answers
    assert (len(answers.pictures), answers.split) == (6, "train")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--data", "nowhere"), 1, "nowhere: no such file or folder"),
        (("--data", "{colours}", "--backend", "abacus"), 2, "--backend abacus: expected one of litert"),
        (("--data", "{loose}", "--split", "all"), 1, "its pictures have no classes; put them into class folders"),
        (("--data", "{colours}", "--split", "all"), 1, "has splits of its own"),
    ],
)
def test_what_is_of_no_use_to_any_model_ends_at_once_with_one_line(
    run: Run, models: Path, colours: Path, tmp_path: Path, arguments: tuple[str, ...], status: int, words: str
) -> None:
    folders = {"colours": colours, "loose": colours / "test" / "red"}
    done = run(
        "benchmarks", "run", models / "rgb_int8.tflite", "--out", tmp_path / "out",
        *(argument.format(**folders) for argument in arguments),
    )  # fmt: skip
    assert done.returncode == status
    assert done.stderr.startswith("benchmarks: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_stopped_leaves_what_was_measured_and_no_process(
    models: Path, colours: Path, tmp_path: Path, number: signal.Signals
) -> None:
    file = tmp_path / "results.json"
    names = [models / "rgb_int8.tflite", models / "rgb_float32.onnx"]
    command = [sys.executable, "-m", "benchmarks", "run", *names, "--data", colours, "--out", tmp_path, "--runs", "100"]
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    process = subprocess.Popen(
        list(map(str, command)),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    wait_until(lambda: file.exists() and len(read_results(file).measurements) > 0)
    process.send_signal(number)
    errors = process.communicate(timeout=60)[1]
    results = read_results(file)
    assert results.measurements
    assert not results.failures
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert errors == (
            f"benchmarks: stopped; what was measured lies in {file}, with a report on it; "
            "to go on: the same command with --resume\n"
        )
        assert (tmp_path / "report.html").stat().st_size > 10_000
    if number == signal.SIGTERM:
        assert (process.returncode, errors) == (143, "")
    if number != signal.SIGKILL:
        assert list(temporary.iterdir()) == []
    # A worker that could not be told ends by itself when nobody takes its answer.
    wait_until(lambda: not is_process_group(process.pid))


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited for a minute"
        time.sleep(0.02)


def is_process_group(number: int) -> bool:
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_settings_that_make_no_sense_cannot_be_made() -> None:
    for make in (partial(Settings, threads=(0,)), partial(Settings, runs=0), partial(Settings, scenarios=("tea",))):
        with pytest.raises(UsageError, match=r"--[a-z-]+ (0|tea): expected"):
            make(Data("data"))
    with pytest.raises(UsageError, match="--max-pictures 0: expected 1 or more"):
        Data("data", max_pictures=0)


def test_every_backend_number_of_threads_and_scenario_is_measured(
    run: Run, models: Path, colours: Path, tmp_path: Path
) -> None:
    done = run(
        "benchmarks", "run", models / "rgb_int8.tflite", models / "rgb_float32.onnx", "--data", colours,
        "--out", tmp_path, "--runs", 1, "--threads", "1,2", "--scenario", "single-stream,multi-stream,offline",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    results = read_results(tmp_path / "results.json")
    found = {(m.subject.backend, m.subject.threads, m.subject.scenario) for m in results.measurements}
    assert found == set(product(("litert", "onnx"), (1, 2), ("single-stream", "multi-stream", "offline")))
    queries = {m.subject.scenario: m.pictures_a_query for m in results.measurements if m.subject.threads == 1}
    assert (queries["single-stream"], queries["multi-stream"]) == (1, 8)
    assert [peaks.threads for peaks in results.peaks] == [1, 2]
    # One set of answers a model and backend, whatever the threads.
    assert len(results.answers) == 2


def test_a_run_that_was_killed_goes_on_where_it_was(models: Path, colours: Path, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "results.json"
    arguments = [models / "rgb_int8.tflite", models / "rgb_float32.onnx", "--data", colours, "--out", tmp_path]
    command = [sys.executable, "-m", "benchmarks", "run", *arguments, "--runs", "6"]
    process = subprocess.Popen(list(map(str, command)), cwd=ROOT, start_new_session=True)
    wait_until(lambda: file.exists() and len(read_results(file).measurements) == 2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = read_results(file)
    assert sum(len(m.rounds) for m in before.measurements) < 12
    other = run("benchmarks", "run", *arguments, "--runs", 3, "--resume")
    assert (other.returncode, "measured with other settings" in other.stderr) == (1, True)
    done = run("benchmarks", "run", *arguments, "--runs", 6, "--resume")
    assert (done.returncode, done.stderr) == (0, "")
    after = {m.subject: m for m in read_results(file).measurements}
    for measurement in before.measurements:
        rounds = after[measurement.subject].rounds
        assert rounds[: len(measurement.rounds)] == measurement.rounds
        assert [part.number for part in rounds] == list(range(6))


def test_a_run_does_not_go_on_with_other_pictures_or_on_another_machine(
    models: Path, colours: Path, tmp_path: Path
) -> None:
    data, file = tmp_path / "data", tmp_path / "results.json"
    shutil.copytree(colours / "test", data)
    machine, settings = ThisMachine(), Settings(Data(str(data), "all"), runs=1)
    go_on = partial(run_benchmark, [str(models / "rgb_int8.tflite")], settings, file)
    before = go_on([machine])
    assert go_on([machine], before=read_results(file)) == before
    there = ThisMachine()
    there.host = replace(machine.host, name="shed")
    with pytest.raises(BenchmarkError, match=rf"was measured on {machine.host.name} \(.*, this is shed .*--resume"):
        go_on([there], before=before)
    (data / "red").rename(data / "red_")
    (data / "blue").rename(data / "red")
    (data / "red_").rename(data / "blue")
    with pytest.raises(BenchmarkError, match="pictures that have changed since; leave out --resume"):
        go_on([machine], before=before)


def test_a_run_goes_on_without_a_host_that_has_gone_and_keeps_what_was_measured_there(
    models: Path, colours: Path, tmp_path: Path
) -> None:
    here, shed = ThisMachine(), ThisMachine()
    shed.name = "shed"
    settings = Settings(Data(str(colours)), runs=1, hosts=("shed",))
    go_on = partial(run_benchmark, [str(models / "rgb_int8.tflite")], settings, tmp_path / "results.json")
    before = go_on([here, shed])
    assert {m.subject.host for m in before.measurements} == {"", "shed"}
    after = go_on([here], before=before, unreachable={"shed": BenchmarkError("shed: cannot be reached")})
    assert after.measurements == before.measurements
    assert [(after.title_of(failure), failure.message) for failure in after.failures] == [
        ("rgb_int8.tflite (shed)", "shed: cannot be reached")
    ]


def test_a_power_meters_log_gives_the_energy_of_a_picture(
    run: Run, models: Path, colours: Path, tmp_path: Path
) -> None:
    log = tmp_path / "power.csv"
    log.write_text(f"seconds,watts\n{time.time() - 10},5\n{time.time() + 1000},5\n")
    settings = ("--data", colours, "--out", tmp_path, "--runs", 2, "--power-log", log)
    assert run("benchmarks", "run", models / "rgb_int8.tflite", *settings).returncode == 0
    (measurement,) = read_results(tmp_path / "results.json").measurements
    for part in measurement.rounds:
        seconds = sum(ended - started for started, ended in part.conditions.spans)
        assert part.conditions.energy_joules == pytest.approx(5 * seconds)


def test_a_power_log_that_ends_before_the_run_is_told_and_can_be_added_later(
    run: Run, models: Path, colours: Path, tmp_path: Path
) -> None:
    log, start = tmp_path / "power.csv", time.time() - 10
    log.write_text(f"seconds,watts\n{start},5\n")
    settings = ("--data", colours, "--out", tmp_path, "--runs", 2, "--power-log", log)
    done = run("benchmarks", "run", models / "rgb_int8.tflite", *settings)
    assert done.returncode == 0
    assert done.stderr.startswith(f"benchmarks: {log} has seconds {start:.0f} to {start:.0f}, the run went from ")
    assert done.stderr.endswith("have no energy; once the log spans them: the same command with --resume\n")
    log.write_text(f"seconds,watts\n{start},5\n{time.time()},5\n")
    done = run("benchmarks", "run", models / "rgb_int8.tflite", *settings, "--resume")
    assert (done.returncode, done.stderr) == (0, "")
    (measurement,) = read_results(tmp_path / "results.json").measurements
    assert all(part.conditions.energy_joules for part in measurement.rounds)


def test_a_power_log_that_goes_bad_during_a_run_costs_the_energy_alone(
    run: Run, models: Path, colours: Path, tmp_path: Path
) -> None:
    log, out, start = tmp_path / "power.csv", tmp_path / "out", time.time() - 10
    log.write_text(f"seconds,watts\n{start},5\n")
    settings = ("--data", colours, "--out", out, "--runs", 2, "--power-log", log)
    command = (sys.executable, "-m", "benchmarks", "run", models / "rgb_int8.tflite", *settings)
    with subprocess.Popen(list(map(str, command)), cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        while not (out / "results.json").exists() and process.poll() is None:
            time.sleep(0.01)
        log.write_text(f"seconds,watts\n{start},5\n{start + 1},OVERFLOW\n")
        told = process.communicate()[1]
    assert process.returncode == 0
    assert told.startswith(f"benchmarks: {log}: expected a CSV file")
    assert told.count("\n") == 1
    assert (out / "report.html").exists()
    log.write_text(f"seconds,watts\n{start},5\n{time.time()},5\n")
    assert run("benchmarks", "run", models / "rgb_int8.tflite", *settings, "--resume").returncode == 0
    (measurement,) = read_results(out / "results.json").measurements
    assert all(part.conditions.energy_joules for part in measurement.rounds)


def test_a_power_log_that_is_not_there_ends_a_run_before_it_begins(
    run: Run, models: Path, colours: Path, tmp_path: Path
) -> None:
    settings = ("--data", colours, "--out", tmp_path / "out", "--power-log", tmp_path / "none.csv")
    done = run("benchmarks", "run", models / "rgb_int8.tflite", *settings)
    assert done.returncode == 1
    assert done.stderr.startswith(f"benchmarks: {tmp_path}/none.csv: No such file or directory; start the power meter")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_data_in_the_form_of_mlperf_tiny_is_read(run: Run, models: Path, tmp_path: Path) -> None:
    data = write_tiny_data(tmp_path / "ic01")
    assert (
        run("benchmarks", "run", models / "rgb_int8.tflite", "--data", data, "--out", tmp_path, "--runs", 1).returncode
        == 0
    )
    (answers,) = read_results(tmp_path / "results.json").answers
    assert answers.top(1) == Share(6, 6)
    (data / "red0.bin").write_bytes(b"\0" * 100)
    assert (
        run("benchmarks", "run", models / "rgb_int8.tflite", "--data", data, "--out", tmp_path, "--runs", 1).returncode
        == 0
    )
    (answers,) = read_results(tmp_path / "results.json").answers
    assert (answers.top(1), answers.unreadable) == (Share(5, 5), 1)
