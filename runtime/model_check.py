"""Whether a model file can be loaded at all, found out in a process of its own.

The libraries that run models trust what is in a file: a wild offset makes them read wherever it points, and the
process is gone without a word. So a file that is not known yet is first loaded by a child, which may die of it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from runtime.backends.table import BackendRow, choose_backend
from runtime.card_file import check_model_path
from runtime.errors import ModelError
from runtime.state import recall, remember
from runtime.whole_file import file_sha256

DEADLINE_SECONDS = 60

_STATE = "loaded"
_ROOT = Path(__file__).parent.parent
_BUNDLED = Path(__file__).parent / "models"
# The folder of the child's choice must not come before this package's, as it would with `python -m`.
_CHILD = """import sys; sys.path[0] = sys.argv.pop(1)
from runtime.backends.try_load import main; sys.exit(main(*sys.argv[1:]))"""


def check_model(path: str | Path, backend: str | None = None, seconds: float = DEADLINE_SECONDS) -> None:
    """Load a model file in a child, unless it came with edgeframe or was loaded on this machine before (the same
    content by the same version of the same backend).

    What the backend can say in words is left to whoever loads the file next. Raises ModelError where the child died
    or did not end in `seconds`, and UsageError and BackendError as `open_backend`.
    """
    path = check_model_path(path)
    if path.resolve().parent == _BUNDLED.resolve():
        return
    row = choose_backend(path, backend)
    try:
        known = f"{file_sha256(path)}.{row.name}.{library_version(row)}"
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); check its owner and mode") from None
    if recall(_STATE, known) is None and _loads_in_child(path, row, seconds):
        remember(_STATE, known, {"model": path.name})


def _loads_in_child(path: Path, row: BackendRow, seconds: float) -> bool:
    """Whether it did; False where the backend refused it in words, or no child can be had here."""
    from runtime.backends.try_load import NO_MEMORY, REFUSED

    command = [sys.executable, "-c", _CHILD, str(_ROOT), str(path.absolute()), row.name, str(int(seconds) + 5)]
    nowhere = subprocess.DEVNULL
    try:
        status = subprocess.run(
            command, stdin=nowhere, stdout=nowhere, stderr=nowhere, timeout=seconds, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        raise _error(path, f"{row.name} did not load it within {seconds:g} s") from None
    except OSError:
        return False
    if status == NO_MEMORY or status == -getattr(signal, "SIGKILL", 0):
        raise _error(path, f"{row.name} ran out of memory while loading it")
    if status not in (0, REFUSED):
        raise _error(path, f"loading it crashes {row.name} ({_ending(status)})")
    return status == 0


def _error(path: Path, problem: str) -> ModelError:
    return ModelError(
        f"{path}: {problem} in a trial process; it is damaged, or not made for this device: "
        "convert or copy it again (--trust loads it all the same)"
    )


def _ending(status: int) -> str:
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"exit status {status}"


def library_version(row: BackendRow) -> str:
    """By the name of the folder beside the package that tells it; importlib.metadata would take 20 ms."""
    from importlib.util import find_spec

    spec = find_spec(row.package)
    origin = spec.origin if spec is not None else None
    names = [name.replace("-", "_") for name in row.distributions]
    beside = sorted(Path(origin).parent.parent.glob(f"{row.package}*-*.*-info")) if origin else []
    for folder in beside:
        if folder.name.partition("-")[0] in names:
            return folder.stem.split("-")[1]
    return (row.version or "unknown").rpartition(" ")[2]
