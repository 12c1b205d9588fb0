"""The command as a process of its own: what it loads, how it ends, and what it leaves."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from convert.arguments import parse_order
from convert.cli import main
from convert.conversion import convert
from convert.observer import Observer, T
from runtime.card_file import read_card
from runtime.command_line import EXIT_SIGNALLED
from tests.conftest import ROOT, Run
from tests.convert.conftest import Trained

HEAVY = {"keras", "tensorflow", "tf2onnx", "onnx", "onnxruntime", "tqdm"}


def test_help_loads_nothing_heavy_and_gives_examples() -> None:
    code = """
import sys
from convert.cli import main
try:
    main(["--help"])
finally:
    print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "examples:" in done.stdout
    assert not HEAVY & set(done.stderr.split())


def test_wrong_files_are_told_before_anything_heavy_is_loaded(tmp_path: Path) -> None:
    code = f"""
import sys
from convert.cli import main
status = main([{str(tmp_path / "no.keras")!r}, "--to", "onnx", "--calibrate", "mnist"])
print(status, *sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    status, *loaded = done.stdout.split()
    assert status == "1"
    assert not HEAVY & set(loaded)


def imports_tensorflow(process: subprocess.Popen[bytes], scratch: Path) -> bool:
    return "libtensorflow" in Path(f"/proc/{process.pid}/maps").read_text()


def converts(process: subprocess.Popen[bytes], scratch: Path) -> bool:
    """The folder of its attempts appears when the conversion itself begins."""
    return any(scratch.glob("edgeframe-*/tmp*"))


@pytest.mark.parametrize(
    ("moment", "number", "code"),
    [
        # Which takes many seconds on a busy machine: it is ended by the signal, at once.
        (imports_tensorflow, signal.SIGINT, -signal.SIGINT),
        (imports_tensorflow, signal.SIGTERM, -signal.SIGTERM),
        (imports_tensorflow, signal.SIGHUP, -signal.SIGHUP),
        (converts, signal.SIGINT, EXIT_SIGNALLED + signal.SIGINT),
        (converts, signal.SIGTERM, EXIT_SIGNALLED + signal.SIGTERM),
        (converts, signal.SIGHUP, EXIT_SIGNALLED + signal.SIGHUP),
    ],
)
def test_interrupting_it_ends_it_quietly_and_leaves_nothing(
    colours: Trained,
    tmp_path: Path,
    moment: Callable[[subprocess.Popen[bytes], Path], bool],
    number: signal.Signals,
    code: int,
) -> None:
    out, scratch = tmp_path / "out", tmp_path / "scratch"
    out.mkdir()
    scratch.mkdir()
    command = [sys.executable, "-m", "convert", str(colours.model), "--to", "onnx", "--calibrate", str(colours.data)]
    process = subprocess.Popen(
        [*command, "--out", str(out)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 120
        while not moment(process, scratch) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(number)
        printed, told = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, printed, told) == (code, b"", b"")
    assert list(out.iterdir()) == []
    assert list(scratch.iterdir()) == []


def allow_small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))


def test_a_full_disk_is_one_line_of_a_diagnosis_too(run: Run, colours: Trained, tmp_path: Path) -> None:
    converted = tmp_path / "a.tflite"
    given = [colours.model, "--calibrate", colours.data, "--recipe", "float32", "--out", converted]
    assert main([str(argument) for argument in given]) == 0
    arguments = ("diagnose", colours.model, converted, "--data", colours.data)
    done = run("convert", *arguments, preexec_fn=allow_small_files)
    assert done.returncode == 1
    assert "not written" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_full_disk_is_told_and_leaves_nothing(run: Run, colours: Trained, tmp_path: Path) -> None:
    out, scratch = tmp_path / "out", tmp_path / "scratch"
    out.mkdir()
    scratch.mkdir()
    arguments = (colours.model, "--to", "tflite", "--calibrate", colours.data, "--out", out)
    environment = {**os.environ, "TMPDIR": str(scratch)}
    done = run("convert", *arguments, preexec_fn=allow_small_files, env=environment)
    assert done.returncode == 1
    assert done.stderr.startswith("convert: ")
    assert "File too large" in done.stderr
    assert done.stderr.endswith(f"and in {scratch}\n")
    assert done.stderr.count("\n") == 1
    assert list(out.iterdir()) == []
    assert list(scratch.iterdir()) == []


def test_nothing_lies_beside_a_file_until_it_is_whole(colours: Trained, tmp_path: Path) -> None:
    seen: dict[str, list[Path]] = {}

    class Watching(Observer):
        def track(self, items: Iterable[T], what: str, total: int) -> Iterable[T]:
            seen[what] = list(tmp_path.iterdir())
            return items

    given = [colours.model, "--calibrate", colours.data, "--recipe", "float32", "--out", tmp_path / "a.tflite"]
    convert(parse_order([str(argument) for argument in given]), Watching())
    assert seen["asking the new file"] == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.tflite"]


def test_without_out_the_file_lies_beside_the_model(colours: Trained, tmp_path: Path) -> None:
    model = tmp_path / "my.net.keras"
    model.write_bytes(colours.model.read_bytes())
    assert main([str(model), "--to", "tflite", "--recipe", "float32", "--calibrate", str(colours.data)]) == 0
    assert (tmp_path / "my.net_float32.tflite").is_file()


def test_golden_pictures_can_be_others_or_none(colours: Trained, photos: Path, tmp_path: Path) -> None:
    given = [str(colours.model), "--recipe", "float32", "--calibrate", str(colours.data), "--min-agreement", "0"]
    assert main([*given, "--out", str(tmp_path / "none.tflite"), "--golden", "none"]) == 0
    card = read_card(tmp_path / "none.tflite")
    assert card is not None
    assert card.golden == ()
    assert main([*given, "--out", str(tmp_path / "photos.tflite"), "--golden", str(photos)]) == 0
    card = read_card(tmp_path / "photos.tflite")
    assert card is not None
    assert 1 <= len(card.golden) <= 3


def test_pictures_without_labels_give_agreement_only(
    colours: Trained, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "unlabelled.tflite"
    assert main([str(colours.model), "--recipe", "float32", "--calibrate", str(photos), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "agreement         100.0%" in printed
    assert "top-1" not in printed
    card = read_card(out)
    assert card is not None
    assert card.measured is None
