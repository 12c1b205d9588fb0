"""--exec: real programs, labels that would like to be commands, and programs that hang."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from runtime.errors import OutputError, UsageError
from runtime.sinks.background import Background, only_changes
from runtime.sinks.command import Command, CommandTemplate
from tests.conftest import ROOT, Run
from tests.runtime.results import labelled, wait_until

# Appends its arguments to the file that is the first of them.
RECORD = "import json, sys; open(sys.argv[1], 'a').write(json.dumps(sys.argv[2:]) + chr(10))"


def recording(record: Path, *words: str) -> CommandTemplate:
    return CommandTemplate((sys.executable, "-c", RECORD, str(record), *words))


def read_records(record: Path) -> list[list[str]]:
    return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []


@pytest.mark.parametrize(
    "label",
    [
        "; rm -rf /",
        "$(touch owned) `touch owned`",
        "it's \"quoted\" \\ and 'spaced'",
        "{score} {label}",
        "a\nb\tc",
        "",
        "* ? ~ && | > owned",
        "caf\udce9 猫",
    ],
)
def test_a_label_stays_one_word_whatever_it_holds(tmp_path: Path, label: str) -> None:
    record = tmp_path / "record"
    Command(recording(record, "say", "{label}", "a {label} at {score}")).write(labelled(label, 0.25))
    assert read_records(record) == [["say", label, f"a {label} at 0.2500"]]
    assert list(tmp_path.iterdir()) == [record]


@pytest.mark.parametrize("words", [["{label}"], ["say", "{label}{score}"], ["{label}", "--"]])
def test_a_label_is_never_an_option(tmp_path: Path, words: list[str]) -> None:
    record = tmp_path / "record"
    with pytest.raises(OutputError, match=r"the label '--output=x' would be taken for an option; write -- before"):
        Command(recording(record, *words)).write(labelled("--output=x"))
    assert read_records(record) == []


@pytest.mark.parametrize("words", [["--", "{label}"], ["--level={label}"], ["-s", "a {label}"]])
def test_a_label_that_looks_like_an_option_is_told_where_it_cannot_be_one(tmp_path: Path, words: list[str]) -> None:
    record = tmp_path / "record"
    Command(recording(record, *words)).write(labelled("-rf"))
    assert read_records(record) == [[word.replace("{label}", "-rf") for word in words]]


def test_words_are_split_as_a_shell_does_and_nothing_else() -> None:
    template = CommandTemplate.parse("notify-send 'It is a {label}' --level={score} $HOME {other} | tee x")
    assert template.fill("cat", 0.5) == [
        "notify-send",
        "It is a cat",
        "--level=0.5000",
        "$HOME",
        "{other}",
        "|",
        "tee",
        "x",
    ]


@pytest.mark.parametrize(
    ("text", "told"), [("", "is empty"), ("say 'cat", "check its quotes"), ("{label} --now", "cannot be the label")]
)
def test_a_command_that_makes_no_sense_is_refused(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        CommandTemplate.parse(text)


def test_a_program_that_is_not_there_is_told_at_the_start() -> None:
    with pytest.raises(OutputError, match=r"no-such-program: no such program; install it"):
        Command(CommandTemplate.parse("no-such-program {label}"))


def test_a_program_that_fails_is_told() -> None:
    with pytest.raises(OutputError, match="ended with status 3"):
        Command(CommandTemplate((sys.executable, "-c", "raise SystemExit(3)"))).write(labelled("cat"))


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"  # ended, and not yet waited for by its parent


def hanging(folder: Path) -> CommandTemplate:
    """A program that does not end by itself or when asked to, and has started another one."""
    (folder / "hang.py").write_text(
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(folder / 'new')!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"os.rename({str(folder / 'new')!r}, {str(folder / 'pids')!r})\n"
        "time.sleep(60)\n"
    )
    return CommandTemplate((sys.executable, str(folder / "hang.py")))


def read_pids(folder: Path) -> list[int]:
    return [int(pid) for pid in (folder / "pids").read_text().split()]


def test_a_program_that_hangs_is_killed_with_what_it_started(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"took longer than 2 s and was killed"):
        Command(hanging(tmp_path), limit=2).write(labelled("cat"))
    wait_until(lambda: not any(is_alive(pid) for pid in read_pids(tmp_path)))


def test_closing_does_not_wait_for_a_program_that_hangs(tmp_path: Path) -> None:
    background = Background(Command(hanging(tmp_path)), "--exec", bound=1)
    background.write(labelled("cat"))
    wait_until((tmp_path / "pids").exists)
    started = time.monotonic()
    background.close()
    assert time.monotonic() - started < 2
    wait_until(lambda: not any(is_alive(pid) for pid in read_pids(tmp_path)))


def test_changes_do_not_pile_up_behind_a_slow_program_and_the_newest_is_run(tmp_path: Path) -> None:
    record, gate = tmp_path / "record", tmp_path / "gate"
    os.mkfifo(gate)
    wait_then_record = f"open({str(gate)!r}).read(); {RECORD}"
    template = CommandTemplate((sys.executable, "-c", wait_then_record, str(record), "{label}"))
    background = Background(Command(template), "--exec", bound=1, keep=only_changes(), tell=lambda message: None)
    background.write(labelled("first"))
    wait_until(lambda: not background.waiting)
    for number in range(20):
        background.write(labelled(f"change {number}"))
        background.write(labelled(f"change {number}"))
    for number in (1, 2):
        gate.write_text("go on")  # waits until a program reads it
        wait_until(lambda number=number: len(read_records(record)) == number)
    background.close()
    assert read_records(record) == [["first"], ["change 19"]]
    assert background.left_out == 19


def test_what_a_program_prints_is_not_mixed_with_the_results(capfd: pytest.CaptureFixture[str]) -> None:
    Command(CommandTemplate.parse(f"{shlex.quote(sys.executable)} -c 'print(1 + 1)'")).write(labelled("cat"))
    out, err = capfd.readouterr()
    assert (out, err) == ("", "2\n")


def test_a_program_killed_by_a_signal_is_told() -> None:
    kill_itself = f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})"
    with pytest.raises(OutputError, match="ended with status -9"):
        Command(CommandTemplate((sys.executable, "-c", kill_itself))).write(labelled("cat"))


SLOW = "import sys, time; time.sleep(1.5); open(sys.argv[1], 'a').write(sys.argv[2] + chr(10))"


def test_the_last_commands_are_waited_for_when_the_pictures_come_to_their_end(
    run: Run, models: Path, tmp_path: Path
) -> None:
    """Longer than after Ctrl-C. (The first is left out where the second is there before it is begun.)"""
    for label, color in (("red", (255, 0, 0)), ("green", (0, 255, 0))):
        Image.new("RGB", (8, 8), color).save(tmp_path / f"{label}.png")
    record = tmp_path / "record"
    command = shlex.join([sys.executable, "-c", SLOW, str(record), "{label}"])
    pictures = [tmp_path / "red.png", tmp_path / "green.png"]
    done = run("runtime", "classify", *pictures, "--model", models / "rgb_int8.tflite", "--exec", command)
    assert done.returncode == 0
    assert record.read_text().split()[-1] == "green"
    assert "killed" not in done.stderr


def test_a_command_that_is_waited_for_is_killed_when_the_wait_is_ended_and_that_is_told(
    models: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "black.png")
    command = [sys.executable, "-m", "runtime", "classify", str(tmp_path / "black.png"), "--model"]
    command += [str(models / "rgb_int8.tflite"), "--exec", shlex.join(hanging(tmp_path).words)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until((tmp_path / "pids").exists)
        process.terminate()
        _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (
        143,
        f"runtime: --exec {sys.executable}: still ran at the end and was killed\n",
    )
    wait_until(lambda: not any(is_alive(pid) for pid in read_pids(tmp_path)))
