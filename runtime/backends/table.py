"""The backends by name, and the choice of one for a model file."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from runtime.backends.backend import Backend, OpenNormalisation
from runtime.card_file import check_model_path
from runtime.errors import BackendError, UsageError
from runtime.late_import import import_late

# Of an inference: more than any machine has cores for; of a hundred thousand, interpreters die.
MOST_THREADS = 1024


@dataclass(frozen=True)
class BackendRow:
    """suffix: of the model files that it runs. opener: `module:function` that opens one (path, threads,
    normalisation, option). option: what tells apart rows that share an opener. package: what is imported.
    distributions: any one of these brings it. remedy: the command that does.
    """

    name: str
    suffix: str
    opener: str
    option: str
    package: str
    distributions: tuple[str, ...]
    remedy: str

    @property
    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.package) is not None

    @property
    def version(self) -> str | None:
        """The installed distribution and its version, or None where there is none."""
        # Not at the top: it takes 15 ms, and running a model does not need it.
        from importlib import metadata

        for distribution in self.distributions:
            try:
                return f"{distribution} {metadata.version(distribution)}"
            except metadata.PackageNotFoundError:
                continue
        return None

    def open(self, path: Path, threads: int, normalisation: OpenNormalisation) -> Backend:
        backend: Backend = import_late(self.opener)(path, threads, normalisation, self.option)
        return backend


_TFLITE = "runtime.backends.tflite:open_tflite"
_ONNX = "runtime.backends.onnx:open_onnx"
_TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos")
_ONNXRUNTIME = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino")
_PIP = "pip install 'edgeframe[{}]'"
_LEGACY = _PIP.format("tflite-legacy")
_GPU = _PIP.format("onnx-gpu")
_ONNX_GPU = ("onnxruntime-gpu",)
_OPENVINO = ("onnxruntime-openvino",)

# In the order of preference: the first one installed runs a file of its suffix.
_ROWS = (
    BackendRow("litert", ".tflite", _TFLITE, "litert", "ai_edge_litert", ("ai-edge-litert",), _PIP.format("tflite")),
    BackendRow("tflite-runtime", ".tflite", _TFLITE, "tflite-runtime", "tflite_runtime", ("tflite-runtime",), _LEGACY),
    BackendRow("tensorflow", ".tflite", _TFLITE, "tensorflow", "tensorflow", _TENSORFLOW, "pip install tensorflow"),
    BackendRow("onnx", ".onnx", _ONNX, "CPU", "onnxruntime", _ONNXRUNTIME, _PIP.format("onnx")),
    BackendRow("onnx-cuda", ".onnx", _ONNX, "CUDA", "onnxruntime", _ONNX_GPU, _GPU),
    BackendRow("onnx-tensorrt", ".onnx", _ONNX, "Tensorrt", "onnxruntime", _ONNX_GPU, _GPU),
    BackendRow(
        "onnx-openvino", ".onnx", _ONNX, "OpenVINO", "onnxruntime", _OPENVINO, "pip install onnxruntime-openvino"
    ),
    BackendRow(
        "onnx-coreml", ".onnx", _ONNX, "CoreML", "onnxruntime", _ONNXRUNTIME[:1], "on a Mac: pip install onnxruntime"
    ),
)
BACKENDS = {row.name: row for row in _ROWS}


def find_backends(suffix: str) -> list[BackendRow]:
    """The installed backends for files of a suffix, best first."""
    return [row for row in BACKENDS.values() if row.suffix == suffix and row.is_installed]


def available_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_threads() -> int:
    """One a core, but at most 4: small networks gain nothing from more."""
    return min(4, available_cores())


def open_backend(
    path: str | Path,
    *,
    name: str | None = None,
    threads: int | None = None,
    normalisation: OpenNormalisation = None,
) -> Backend:
    """Load a `.tflite` or `.onnx` file.

    Args:
        path: the model file.
        name: one of BACKENDS; by default the first one installed for the file's suffix.
        threads: of the inference; by default `default_threads()`.
        normalisation: mean and std of an adopted model; None leaves an integer input's bytes as they are.

    Raises:
        BackendError: what would run it is not installed, or is broken.
        ModelError: the file cannot be read, or is not one image classifier.
        UsageError: there is no backend of that name, or it is for files of another kind.
    """
    path = check_model_path(path)
    threads = default_threads() if threads is None else threads
    if not 1 <= threads <= MOST_THREADS:
        raise UsageError(f"--threads {threads}: expected 1 to {MOST_THREADS}")
    return choose_backend(path, name).open(path, threads, normalisation)


def choose_backend(path: Path, name: str | None = None) -> BackendRow:
    """The row that runs a model file: the one named, or the first one installed. Errors as in `open_backend`."""
    if name is not None:
        return _named_row(path, name)
    rows = find_backends(path.suffix)
    if not rows:
        known = [row.remedy for row in BACKENDS.values() if row.suffix == path.suffix]
        convert = f"convert it: python -m convert {path.name} --to tflite --calibrate DATA"
        remedy = f"install it: {known[0]}" if known else convert
        raise BackendError(f"{path}: nothing installed here runs a {path.suffix} file; {remedy}")
    return rows[0]


def _named_row(path: Path, name: str) -> BackendRow:
    if name not in BACKENDS:
        raise UsageError(f"--backend {name}: expected one of {', '.join(BACKENDS)}")
    row = BACKENDS[name]
    if row.suffix != path.suffix:
        fitting = ", ".join(other.name for other in BACKENDS.values() if other.suffix == path.suffix)
        raise UsageError(f"--backend {name} runs {row.suffix} files, not {path}; expected {fitting or 'another file'}")
    if not row.is_installed:
        raise BackendError(f"--backend {name}: {row.distributions[0]} is not installed; {row.remedy}")
    return row
