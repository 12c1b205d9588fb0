"""The bare loop of c_loop.c: compiled when it is asked for, run in a process of its own."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import numpy as np

from benchmarks.errors import BenchmarkError

_SOURCE = Path(__file__).with_name("c_loop.c")
# What of LiteRT's C API lies in its wheel, on Linux and on macOS.
_LIBRARIES = ("libLiteRt.so", "libLiteRt.dylib")
_COMPILER_SECONDS = 120


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
        _compile([compiler, "-O2", str(_SOURCE), str(library), search, "-o", str(self._program)])

    @contextmanager
    def open(self, model: Path, values: np.ndarray, warm_up_seconds: float) -> Iterator[CProcess]:
        """A process that has warmed up with `model`, a `.tflite`, on one thread.

        values: what goes into the input tensor, of its dtype and size. Raises BenchmarkError for what the loop cannot
        run: a network with several inputs or outputs, say.
        """
        given, scores = self._folder / "values", self._folder / "scores"
        given.write_bytes(values.tobytes())
        command = [str(part) for part in (self._program, model, given, scores, warm_up_seconds)]
        with (
            tempfile.TemporaryFile() as log,
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log) as process,
        ):
            try:
                yield CProcess(process, str(model), log, scores)
            finally:
                process.kill()
                process.communicate()  # closes the pipe, of one that has ended too


class CProcess:
    """One that CLoop opened. scores: the bytes of the output tensor."""

    def __init__(self, process: subprocess.Popen[bytes], model: str, log: IO[bytes], scores: Path) -> None:
        self._process, self._model, self._log = process, model, log
        self.time_runs(1)
        self.scores = scores.read_bytes()

    def time_runs(self, runs: int) -> tuple[float, ...]:
        """Seconds, raw, one a run. Raises BenchmarkError where it ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # It has ended, as reading will tell.
            self._process.stdin.write(b"%d\n" % runs)
            self._process.stdin.flush()
        lines = [self._process.stdout.readline() for _ in range(runs)]
        if not lines[-1].endswith(b"\n"):
            status = self._process.wait()
            self._log.seek(0)
            raise _failure(self._model, status, self._log.read().decode(errors="replace"))
        return tuple(int(line) / 1e9 for line in lines)


def _find_library() -> Path:
    spec = importlib.util.find_spec("ai_edge_litert")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for name in _LIBRARIES:
            if (library := Path(folder) / name).exists():
                return library
    raise BenchmarkError(
        "no ai-edge-litert is installed that has LiteRT's C library; pip install 'ai-edge-litert>=2.3'"
    )


def _compile(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_COMPILER_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchmarkError(f"the bare loop in C could not be compiled ({error})") from None
    if done.returncode:
        raise _failure("its compilation", done.returncode, done.stderr)


def _failure(what: str, status: int, errors: str) -> BenchmarkError:
    """With the last line of its standard error."""
    words = errors.strip().splitlines()[-1:] or [f"status {status}"]
    return BenchmarkError(
        f"{what}: the bare loop in C failed ({words[0][:200]}); it is made for one picture in, one list of scores out, "
        "and ai-edge-litert 2.3"
    )
