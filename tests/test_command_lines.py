"""What the command lines of the four rooms have alike."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.command_line import Parser, exit_status, positive, seconds, share
from runtime.errors import ModelError, UsageError
from tests.conftest import ROOT, Run

COMMANDS = ["runtime doctor", "train list", "convert --help", "benchmarks --help"]


@pytest.mark.parametrize("command", COMMANDS)
def test_ctrl_c_while_a_command_is_being_imported_ends_it_quietly(command: str) -> None:
    arguments = [sys.executable, "-X", "importtime", "-m", *command.split()]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "argparse" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        told = [line for line in process.stderr if not line.startswith("import time:")]
    assert process.returncode in (130, -signal.SIGINT)
    assert told == []


INTERRUPTED_IMPORT = """
import signal, time
try:
    signal.raise_signal(signal.{name})
    time.sleep(0.1)
except BaseException as error:
    raise ImportError("a long story") from error

class Interpreter:
    def __init__(self, *args, **options):
        time.sleep(60)
"""


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_within_an_import_waits_for_its_end(run: Run, name: str, status: int, tmp_path: Path) -> None:
    """C code, as numpy's and LiteRT's, makes another exception of it, or none."""
    (tmp_path / "ai_edge_litert").mkdir()
    (tmp_path / "ai_edge_litert" / "__init__.py").touch()
    (tmp_path / "ai_edge_litert" / "interpreter.py").write_text(INTERRUPTED_IMPORT.format(name=name))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])}
    done = run("runtime", "bench", "--backend", "litert", env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", "")


INTERRUPTED_END = """
import signal, time
from runtime.interrupts import {within}
signal.signal(signal.SIGINT, signal.SIG_DFL)  # as the commands begin

class Ending:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
        time.sleep(0.02)  # where Python would look for signals

try:
    with {within}():
        Ending()
        time.sleep(10)
except KeyboardInterrupt:
    raise SystemExit(7)
"""


@pytest.mark.parametrize("within", ["interruptible", "note_interrupts"])
def test_ctrl_c_where_an_object_ends_is_neither_lost_nor_shown(within: str) -> None:
    """Of what is raised there, and in JAX's callback at each collection of garbage, Python prints a traceback only."""
    command = [sys.executable, "-c", INTERRUPTED_END.format(within=within)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.parametrize("within", ["interruptible", "ended_at_once", "note_interrupts", "defer_interrupts"])
def test_a_terminal_that_closes_does_not_end_what_nohup_started(within: str) -> None:
    code = (
        f"import signal; from runtime.interrupts import {within}\nwith {within}(): signal.raise_signal(signal.SIGHUP)"
    )
    done = subprocess.run(["nohup", sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0


LINES = [
    (
        "runtime",
        "bench --runs x",
        "--runs: 'x', expected a whole number from 1 to 1000000000 (see runtime bench --help)",
    ),
    ("runtime", "bench --runs 0", "--runs: '0', expected a whole number from 1 to"),
    ("runtime", "bench --fit oval", "--fit: 'oval', expected crop, crop:F with F above 0 and at most 1, squash or"),
    ("convert", "adopt a.onnx --fit crop:7", "--fit: 'crop:7', expected crop, crop:F with F above 0 and at most 1"),
    ("runtime", "nothing", "'nothing'"),
    ("runtime", "bench --nonsense", "unrecognized arguments: --nonsense (see runtime bench --help)"),
    ("benchmarks", "run a --data d --out o -x", "unrecognized arguments: -x (see python -m benchmarks run --help)"),
    (
        "convert",
        "adopt a.onnx --nonsense 1",
        "unrecognized arguments: --nonsense 1 (see python -m convert adopt --help)",
    ),
    (
        "train",
        "mnist --model mlp --out o.keras --epochs x",
        "--epochs: 'x', expected a whole number from 1 to 1000000000",
    ),
    ("train", "pretrained mlp --size", "--size: expected one argument (see python -m train pretrained --help)"),
    (
        "convert",
        "a.keras --calibrate d --check-images x",
        "--check-images: 'x', expected a whole number from 1 to 1000000000",
    ),
    ("convert", "adopt", "required: FILE (see python -m convert adopt --help)"),
    ("benchmarks", "method --experiments x", "--experiments: 'x', expected a whole number from 1 to 1000000000"),
    ("benchmarks", "compare a b --fail-above x", "--fail-above: 'x', expected a share of 0% to 100%"),
    ("benchmarks", "", "required: COMMAND"),
]


@pytest.mark.parametrize(("room", "arguments", "told"), LINES)
def test_wrong_usage_is_one_line_and_2(run: Run, room: str, arguments: str, told: str) -> None:
    done = run(room, *arguments.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{room}: ") and done.stderr.count("\n") == 1
    assert told in done.stderr


@pytest.mark.parametrize(
    "command", ["runtime doctor", "runtime --help", "train list", "convert --help", "benchmarks -h"]
)
def test_a_reader_who_has_had_enough_ends_every_command_quietly(command: str) -> None:
    arguments = [sys.executable, "-m", *command.split()]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert (process.stderr.read(), process.wait(timeout=60)) == ("", 0)


ENDS = [
    (ModelError("a.tflite: no such file"), 1, "room: a.tflite: no such file\n"),
    (UsageError("--runs 0"), 2, "room: --runs 0\n"),
    (ModelError("a\x1b[2J\nb"), 1, "room: a?[2J?b\n"),
    (FileNotFoundError(2, "No such file or directory", "a"), 1, "room: [Errno 2] No such file or directory: 'a'\n"),
    (MemoryError(), 1, "room: not enough memory\n"),
    (ModuleNotFoundError(name="keras"), 1, "room: keras is not installed; pip install -e '.[room]'\n"),
    (KeyboardInterrupt(), 130, ""),
]


@pytest.mark.parametrize(("error", "status", "told"), ENDS)
def test_an_error_is_one_line_and_its_exit_status(
    error: BaseException, status: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> int:
        raise error

    assert exit_status("room", fail) == status
    assert capsys.readouterr() == ("", told)


def test_a_mistake_of_ours_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        exit_status("room", lambda: 1 // 0)


def test_numbers_are_what_they_say() -> None:
    assert (positive("7"), share("5%"), share("0.05"), seconds("20ms")) == (7, 0.05, 0.05, 0.02)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "", "nan", "9" * 5000])
def test_a_count_is_a_whole_number(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected a whole number from 1 to 1000000000"):
        positive(text)


@pytest.mark.parametrize("text", ["101%", "1.1", "-1%", "nan", "%", "half"])
def test_a_share_is_of_0_to_100_percent(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected a share of 0% to 100%"):
        share(text)


@pytest.mark.parametrize(
    ("command", "status", "told"),
    [
        ("runtime info > /dev/full", 1, "runtime: the standard output cannot be written (No space left on device)\n"),
        ("train list > /dev/full", 1, "No space left on device"),
        ("runtime info >&-", 0, ""),
        ("runtime classify --camera test --max-frames 2 >&-", 0, ""),
        ("runtime classify - <&-", 1, "runtime: standard input is closed; send the names of pictures, one a line\n"),
        (
            "runtime classify - --raw 4x4:gray <&-",
            1,
            "runtime: standard input is closed; send frames of --raw 4x4:gray\n",
        ),
    ],
)
def test_a_stream_that_is_full_or_closed_is_one_line_or_none(command: str, status: int, told: str) -> None:
    line = f"env -u PYTHONUNBUFFERED {sys.executable} -m {command}"
    done = subprocess.run(line, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status
    assert told in done.stderr and done.stderr.count("\n") == bool(told)


RUNTIME = ("classify", "info", "bench", "tune", "selftest", "cameras", "doctor")
BENCHMARKS = (
    *("run", "report", "compare", "loadgen", "method", "overhead", "peers", "endurance", "training", "epoch-cost"),
    *("conversion", "folder-accuracy"),
)
HELPS = [
    *((room, "") for room in ("runtime", "train", "convert", "benchmarks")),
    *(("runtime", command) for command in RUNTIME),
    *(("train", command) for command in ("pretrained", "list")),
    *(("convert", command) for command in ("adopt", "diagnose")),
    *(("benchmarks", command) for command in BENCHMARKS),
]


@pytest.mark.parametrize(("room", "command"), HELPS)
def test_every_help_fits_80_columns(run: Run, room: str, command: str) -> None:
    done = run(room, *command.split(), "--help", env={**os.environ, "COLUMNS": "80"})
    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in done.stdout.splitlines() if len(line) > 80] == []


def test_help_fills_prose_and_leaves_examples_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    example = f"  type {'x' * 100} --here"
    Parser(prog="p", description="one\ntwo --three-four", epilog=f"examples:\n{example}\n\nAt last.").print_help()
    shown = capsys.readouterr().out
    assert "\n\none two --three-four\n\n" in shown
    assert shown.endswith(f"\n\nexamples:\n{example}\n\nAt last.\n")
