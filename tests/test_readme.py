"""What README.md has a newcomer type is there."""

from __future__ import annotations

import re
import subprocess

from runtime.version import __version__
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_the_wheel_has_the_name_of_this_version() -> None:
    others = [*(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.yml")]
    texts = [README, *(path.read_text("utf-8") for path in others)]
    named = {name for text in texts for name in re.findall(r"edgeframe-[\w.]*-py3[^\[\s]*\.whl", text)}
    assert named == {f"edgeframe-{__version__}-py3-none-any.whl"}


def test_in_the_checkout_every_command_is_one_of_its_environment() -> None:
    commands = README.partition("## Your own model")[2].partition("```\n")[2].partition("```")[0].splitlines()
    assert len(commands) == 4
    assert all(re.match(r"\.venv/bin/(python -m (train|convert|benchmarks)|runtime) ", line) for line in commands)


def test_make_help_lists_what_the_documents_have_one_make() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = set(re.findall(r"^make (\S+)", shown, re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make (\w+)", README, re.MULTILINE)) <= listed
