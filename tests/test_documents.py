"""What README.md and docs/ have one type, copy and look for is there."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
ROOMS = ("runtime", "train", "convert", "benchmarks")
UNKNOWN = "--no-such-option"


def commands(document: Path) -> Iterator[str]:
    """The command lines of the four rooms: each of a block, and those in a sentence that have options."""
    block_or_prose = re.split(r"^```(.*)\n((?:.*\n)*?)```$", document.read_text("utf-8"), flags=re.MULTILINE)
    for language, block in zip(block_or_prose[1::3], block_or_prose[2::3]):
        if language:
            continue
        lines = re.sub(r"(\\|&&)\n\s*", r"\1", block.replace("\\\n", " ")).splitlines()
        yield from (part for line in lines for part in re.split(r"&&|\|", re.sub(r"\s#\s.*", "", line)))
    for prose in block_or_prose[::3]:
        yield from (span.replace("\n", " ") for span in re.findall(r"`([^`]+ --[a-z][^`]*)`", prose))


def arguments_of(command: str) -> list[str] | None:
    """Room and arguments; None where the command is of another program, or asks for help."""
    found = re.match(r"\s*(?:\$ )?(?:\S*/)?(?:python -m )?(runtime|train|convert|benchmarks) (.*)", command)
    if found is None or "--help" in command or (found[1] == "runtime") == ("python -m" in command):
        return None
    return [found[1], *shlex.split(found[2])]


TYPED = sorted(
    {
        (document.name, shlex.join(typed))
        for document in DOCUMENTS
        for typed in map(arguments_of, commands(document))
        if typed is not None
    }
)


def test_commands_of_all_rooms_are_found() -> None:
    assert {typed.split()[0] for _, typed in TYPED} == set(ROOMS)
    assert len(TYPED) > 50


@pytest.mark.parametrize(("document", "typed"), TYPED)
def test_every_command_is_one_that_its_room_takes(
    document: str, typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    room, *arguments = shlex.split(typed)
    # It is the one thing that is told of: nothing is done, and all the rest is known.
    status = importlib.import_module(f"{room}.cli").main([*arguments, UNKNOWN])
    assert status == 2
    assert capsys.readouterr().err.startswith(f"{room}: unrecognized arguments: {UNKNOWN} (see ")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_what_is_said_of_errors_is_what_the_runtime_says() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "runtime").rglob("*.py")]
    texts = [
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    rows = re.findall(r"^\| (`.*?) \| ", (ROOT / "docs" / "troubles.md").read_text("utf-8"), re.MULTILINE)
    quoted = [quote for row in rows for quote in re.findall(r"`([^`]+)`", row)]
    # pip, the shell and Python say these.
    ours = [
        quote for quote in quoted if not re.match(r"error: |ensurepip|No matching|runtime: command|python: ", quote)
    ]
    # Between what differs from case to case.
    parts = [part for quote in ours for part in re.split(r"\.\.\.|\S*(?:/dev/|://)\S*|\d+ s\b|[(].*?[)]|: ", quote)]
    wordy = [part.strip(" ;:") for part in parts if len(part.split()) > 2]
    assert len(wordy) > 10
    assert [part for part in wordy if not any(part in text for text in texts)] == []
