"""`runtime classify @FILE`: the options in a file, in place of their name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from runtime.errors import UsageError
from runtime.options_file import expand_options
from tests.conftest import ROOT, Run
from tests.runtime.results import wait_until


def test_each_file_stands_for_what_is_in_it(tmp_path: Path) -> None:
    file = tmp_path / "shed.options"
    file.write_text("# the shed\n--mqtt mqtt://me:s3cret%23@broker/shed\n\n  # why\n--exec 'say {label}' --top\t1\n")
    expanded = ["--mqtt", "mqtt://me:s3cret%23@broker/shed", "--exec", "say {label}", "--top", "1"]
    assert expand_options(["classify", f"@{file}", "--json"]) == ["classify", *expanded, "--json"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"\x89PNG\r\n\xff", "is no text"), (b"--exec 'say", "No closing quotation")],
)
def test_what_is_no_such_file_is_said_with_the_remedy(tmp_path: Path, content: bytes | None, reason: str) -> None:
    file = tmp_path / "2x.png"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=rf"{reason}.*expected a file of options.*\./@"):
        expand_options([f"@{file}"])


def test_a_password_in_a_file_is_in_no_list_of_processes(tmp_path: Path) -> None:
    file = tmp_path / "shed.options"
    file.write_text("--camera http://admin:s3cret@127.0.0.1:9/ --wait")
    command = [sys.executable, "-m", "runtime", "classify", f"@{file}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        listed = Path(f"/proc/{process.pid}/cmdline")
        wait_until(lambda: b"shed.options" in listed.read_bytes())
        assert process.stdout is not None
        assert '"opening"' in process.stdout.readline()
        assert b"s3cret" not in listed.read_bytes()
        process.terminate()
        _, told = process.communicate(timeout=20)
    assert "s3cret" not in told


def test_wrong_options_in_a_file_are_wrong_usage(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shed.options").write_text("--camera test --nonsense")
    done = run("runtime", "classify", f"@{tmp_path / 'shed.options'}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--nonsense" in done.stderr
