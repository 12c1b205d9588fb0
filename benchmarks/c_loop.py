"""The bare loop of c_loop.c: compiled when it is asked for, run in a process of its own."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.errors import BenchmarkError

_SOURCE = Path(__file__).with_name("c_loop.c")
# What of LiteRT's C API lies in its wheel, on Linux and on macOS.
_LIBRARIES = ("libLiteRt.so", "libLiteRt.dylib")
_COMPILER_SECONDS, _RUN_SECONDS = 120, 600


@dataclass(frozen=True)
class CTimes:
    """seconds: raw, one a run. scores: the bytes of the output tensor after the last run."""

    seconds: tuple[float, ...]
    scores: bytes


class CLoop:
    """Compiles into `folder`, which the caller removes.

    Raises BenchmarkError, with the remedy, where there is no compiler or no library, or where they do not fit.
    """

    def __init__(self, folder: Path, compiler: str = "cc") -> None:
        self._folder = folder
        self._program = folder / "c_loop"
        library = _find_library()
        if shutil.which(compiler) is None:
            raise BenchmarkError(f"there is no C compiler {compiler}; install one: apt install gcc")
        search = f"-Wl,-rpath,{library.parent}"
        command = [compiler, "-O2", str(_SOURCE), str(library), search, "-o", str(self._program)]
        _run(command, _COMPILER_SECONDS, "its compilation")

    def run(self, model: Path, values: np.ndarray, runs: int, warm_up_seconds: float) -> CTimes:
        """Times `model`, a `.tflite`, on one thread after a warm-up.

        values: what goes into the input tensor, of its dtype and size. Raises BenchmarkError for what the loop cannot
        run: a network with several inputs or outputs, say.
        """
        given, scores = self._folder / "values", self._folder / "scores"
        given.write_bytes(values.tobytes())
        arguments = [str(part) for part in (model, given, scores, runs, warm_up_seconds)]
        printed = _run([str(self._program), *arguments], _RUN_SECONDS, str(model))
        return CTimes(tuple(int(line) / 1e9 for line in printed.split()), scores.read_bytes())


def _find_library() -> Path:
    spec = importlib.util.find_spec("ai_edge_litert")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for name in _LIBRARIES:
            if (library := Path(folder) / name).exists():
                return library
    raise BenchmarkError(
        "no ai-edge-litert is installed that has LiteRT's C library; pip install 'ai-edge-litert>=2.3'"
    )


def _run(command: list[str], seconds: float, what: str) -> str:
    """The standard output of a command. Raises BenchmarkError with the last line of its standard error."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchmarkError(f"{what}: the bare loop in C could not be made or run ({error})") from None
    if done.returncode:
        words = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
        raise BenchmarkError(
            f"{what}: the bare loop in C failed ({words[0][:200]}); it is made for one picture in, one list of scores "
            "out, and ai-edge-litert 2.3"
        )
    return done.stdout
