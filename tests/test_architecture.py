"""The rules of ARCHITECTURE.md: who may import whom, and that the runtime stays light."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("runtime", "train", "convert", "benchmarks")
MAY_IMPORT = {
    "runtime": set(),
    "train": {"runtime"},
    "convert": {"runtime"},
    "benchmarks": {"runtime"},
}
HEAVY = {"tensorflow", "keras", "onnx", "tf2onnx", "cv2", "torch", "jax", "matplotlib", "tqdm", "scipy"}
HEAVY_AT_IMPORT = HEAVY | {"av", "PIL", "onnxruntime", "ai_edge_litert", "tflite_runtime"}


def imported_modules(file: Path) -> Iterator[str]:
    """The first part of the name of every module that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_no_other_room_but_runtime(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files, f"{room}/ is empty"
    for file in files:
        others = set(imported_modules(file)) & set(ROOMS) - {room} - MAY_IMPORT[room]
        assert not others, f"{file.relative_to(ROOT)} imports {others}"


def test_runtime_imports_nothing_heavy_anywhere() -> None:
    for file in sorted((ROOT / "runtime").rglob("*.py")):
        heavy = set(imported_modules(file)) & HEAVY
        assert not heavy, f"{file.relative_to(ROOT)} imports {heavy}"


@pytest.mark.parametrize("statement", ["import runtime", "import runtime.cli", "import runtime.backends.table"])
def test_importing_runtime_loads_nothing_heavy(statement: str) -> None:
    code = f"{statement}; import sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(loaded.stdout.split()) & HEAVY_AT_IMPORT


def test_everything_that_runtime_promises_is_there() -> None:
    import runtime

    for name in runtime.__all__:
        assert getattr(runtime, name) is not None
    with pytest.raises(AttributeError):
        runtime.no_such_name  # noqa: B018


def test_the_top_level_holds_only_the_rooms_and_what_goes_with_them() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    folders = {Path(name).parts[0] for name in tracked if "/" in name}
    assert folders == {*ROOMS, "tests", "docs", "examples", ".ci"}


def described(room: str) -> str:
    text = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text("utf-8")))
    assert text
    return text


def test_benchmarks_describes_its_sub_commands_and_no_others() -> None:
    from benchmarks.cli import COMMANDS

    named = re.findall(r"^ +([a-z-]+)  ", described("benchmarks"), re.MULTILINE)
    assert sorted(named) == sorted(COMMANDS)


def test_convert_describes_its_modules_and_no_others() -> None:
    modules = {file.stem for file in (ROOT / "convert").glob("*.py")} - {"__init__", "__main__"}
    words = set(re.findall(r"\w+", described("convert")))
    assert not modules - words
    # What begins a line, or a second column of it, and every name of two words is one of a module.
    named = re.findall(r"(?:^|\S {2,})([a-z_]+) {2,}\w", described("convert"), re.MULTILINE)
    assert set(named) | {word for word in words if "_" in word} <= modules


def test_train_describes_its_commands_as_its_help_does() -> None:
    from train.arguments import train_parser

    usage = train_parser().format_usage()
    named = re.findall(r"^ *(python -m train \S+)", described("train"), re.MULTILINE)
    assert named == re.findall(r"python -m train \S+", usage)


def test_train_names_a_keras_backend_only_where_it_says_so() -> None:
    backends = {"tensorflow", "jax"}
    naming = set()
    for file in (ROOT / "train").rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        if backends & (constants | set(imported_modules(file))):
            naming.add(file.stem)
    told = described("train").partition("a Keras backend is named")[2]
    assert naming == set(re.findall(r"\w+", told)) & {file.stem for file in (ROOT / "train").rglob("*.py")}


def test_what_the_map_names_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    paths = set(re.findall(r"`((?:runtime|train|convert|benchmarks|tests)/[\w/.]*)`", text))
    assert len(paths) > 25
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_the_map_tells_every_exit_status() -> None:
    from runtime import command_line, process

    constants = {**vars(command_line), **vars(process)}
    statuses = {str(value) for name, value in constants.items() if name.startswith("EXIT_")}
    errors = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## Errors")[2]
    assert statuses == set(re.findall(r"\b\d+\b", errors))
