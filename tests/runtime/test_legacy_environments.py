"""The runtime on what older Raspberry Pis have: numpy 1, tflite-runtime, Python 3.9, and no TensorFlow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.legacy


def find_python(version: str) -> str | None:
    """An interpreter of this version that works: this one, one on the PATH, or one of pyenv's."""
    if f"{sys.version_info[0]}.{sys.version_info[1]}" == version:
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{version}"), *sorted(map(str, pyenv.glob(f"{version}.*/bin/python")))]
    for candidate in filter(None, candidates):
        asked = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False)
        if asked.returncode == 0 and f" {version}." in asked.stdout:
            return candidate
    return None


def make_environment(folder: Path, version: str, *packages: str) -> Path:
    """The python of a new virtual environment with these packages in it."""
    interpreter = find_python(version)
    if interpreter is None:
        pytest.skip(f"no Python {version} on this machine")
    uv = [sys.executable, "-m", "uv"]
    python = folder / "bin" / "python"
    for command in (
        [*uv, "venv", "-q", "-p", interpreter, folder],
        [*uv, "pip", "install", "-q", "-p", python, *packages],
    ):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 0, done.stderr
    return python


def run_python(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(python), *arguments], capture_output=True, text=True, check=False, cwd=ROOT, timeout=300)


@pytest.mark.parametrize("version", ["3.9", "3.11"])
def test_tflite_runtime_with_numpy_1_passes_the_conformance_test(tmp_path: Path, version: str) -> None:
    python = make_environment(tmp_path / "venv", version, f"{ROOT}[tflite-legacy]", "pytest")
    conformance = run_python(
        python, "-m", "pytest", "-o", "addopts=", "-p", "no:cacheprovider", "tests/runtime/test_conformance.py"
    )
    assert conformance.returncode == 0, conformance.stdout + conformance.stderr
    assert " passed" in conformance.stdout
    doctor = run_python(python, "-m", "runtime", "doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "backend tflite-runtime (.tflite): tflite-runtime" in doctor.stdout
    assert "14 times" in doctor.stdout or "x86" not in doctor.stdout


def test_on_python_3_9_the_usual_extra_brings_what_there_is(tmp_path: Path) -> None:
    python = make_environment(tmp_path / "venv", "3.9", f"{ROOT}[tflite]")
    doctor = run_python(python, "-m", "runtime", "doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "the default model classifies a picture (tflite-runtime" in doctor.stdout


def test_streams_are_read_by_the_oldest_pyav(tmp_path: Path) -> None:
    """It cannot make a decoder forget its pictures, as Debian 12's, and gives a plane that is stored from the bottom up
    by its first line."""
    python = make_environment(tmp_path / "venv", "3.9", f"{ROOT}[tflite-legacy]", "av==12.0.0", "pytest")
    chosen = ("-k", "slowly_a_device_decodes or without_sound or from_the_bottom_up")
    files = ("tests/runtime/test_sources_streams.py", "tests/runtime/test_scaler.py")
    passed = run_python(python, "-m", "pytest", "-o", "addopts=", "-p", "no:cacheprovider", *chosen, *files)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert " passed" in passed.stdout


def test_tflite_runtime_with_numpy_2_is_recognised_and_named(tmp_path: Path) -> None:
    python = make_environment(tmp_path / "venv", "3.11", str(ROOT), "tflite-runtime", "numpy>=2")
    answer = run_python(python, "-m", "runtime", "classify", "--camera", "test", "--max-frames", "1")
    assert answer.returncode == 1
    assert answer.stderr.startswith("runtime: tflite-runtime 2.14.0 needs numpy<2, found numpy 2.")
    assert "pip install 'numpy<2'" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_without_any_backend_the_command_to_install_one_is_told(tmp_path: Path) -> None:
    python = make_environment(tmp_path / "venv", "3.11", str(ROOT))
    for arguments in (["classify", "--camera", "test"], ["bench"]):
        answer = run_python(python, "-m", "runtime", *arguments)
        assert answer.returncode == 1
        assert "pip install 'edgeframe[tflite]'" in answer.stderr
        assert answer.stderr.count("\n") == 1
    doctor = run_python(python, "-m", "runtime", "doctor")
    assert doctor.returncode == 1
    assert "pip install 'edgeframe[tflite]'" in doctor.stdout
