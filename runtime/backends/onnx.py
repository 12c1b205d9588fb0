"""ONNX files, by onnxruntime and its execution providers."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from runtime.backends.backend import (
    OpenNormalisation,
    TensorInfo,
    decode_cam,
    make_decoder,
    make_encoder,
)
from runtime.backends.onnx_products import list_settings
from runtime.backends.shapes import check_classifier, check_output, picture_shape
from runtime.errors import BackendError, ModelError

_FATAL = 4
_PROVIDER = "ExecutionProvider"  # what their names end in
_UNKNOWN_OPERATOR = re.compile(r"error: (\S+?)\(-?\d+\) is not a registered|No Op registered for (\S+)")
# Before the reason: the kind of error, and the place in onnxruntime's source with the signature of the function.
_KIND = re.compile(r"\[ONNXRuntimeError\] : \d+ : \w+ : ")
_PLACE = re.compile(r"\S+\.(?:cc|h):\d+ .*?\) (?:const )?")
_LONGEST_REASON = 200
# Of newer and older releases, where the file with the weights is not there, or too short.
_WEIGHTS_APART = ("external data", "cannot get file size")
_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
}


class OnnxBackend:
    """An onnxruntime session; see runtime.backends.Backend."""

    def __init__(self, path: Path, session: Any, name: str, threads: int, normalisation: OpenNormalisation) -> None:
        inputs, outputs = session.get_inputs(), session.get_outputs()
        has_map = check_classifier(path, [taken.shape for taken in inputs], [given.shape for given in outputs])
        self.cam = _tensor_info(path, outputs[1]) if has_map else None
        self.name = name
        self.threads = threads
        self.input, self.output = _tensor_info(path, inputs[0]), _tensor_info(path, outputs[0])
        self.input_shape, self._lay_out = picture_shape(path, self.input)
        check_output(path, self.output)
        self._path = path
        self._session = session
        self._names = [self.output.name] if self.cam is None else [self.output.name, self.cam.name]
        self._maps: list[np.ndarray] = []
        self._encode = make_encoder(self.input, normalisation)
        self._decode = make_decoder(self.output)
        self._decode_cam = None if self.cam is None else make_decoder(self.cam)

    def run(self, image: np.ndarray) -> np.ndarray:
        values = self._lay_out(self._encode(image))
        try:
            scores, *self._maps = self._session.run(self._names, {self.input.name: values})
        except Exception as error:  # onnxruntime's exceptions have no common base of their own
            raise ModelError(f"{self._path}: {_explain(str(error), 'run')}") from None
        return self._decode(scores)

    def read_cam(self) -> np.ndarray | None:
        return None if self._decode_cam is None else decode_cam(self._decode_cam, self._maps[0])


def open_onnx(path: Path, threads: int, normalisation: OpenNormalisation, provider: str) -> OnnxBackend:
    """Open an `.onnx` by one of onnxruntime's providers (`CPU`, `CUDA`, ...); errors as in `open_backend`."""
    wanted, available = f"{provider}{_PROVIDER}", list_providers()
    if provider not in available:
        version = import_onnxruntime().__version__
        raise BackendError(f"onnxruntime {version} has no {provider}, only {', '.join(available)}; see runtime doctor")
    name = "onnx" if provider == "CPU" else f"onnx-{provider.lower()}"
    *doubtful, last = list_settings(path)
    for entries in doubtful:
        with contextlib.suppress(ModelError):
            backend = OnnxBackend(path, _make_session(path, wanted, threads, entries), name, threads, normalisation)
            backend.run(np.zeros(backend.input_shape, np.uint8))
            return backend
    return OnnxBackend(path, _make_session(path, wanted, threads, last), name, threads, normalisation)


def _make_session(path: Path, provider: str, threads: int, entries: dict[str, str]) -> Any:
    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _FATAL
    for key, value in entries.items():
        options.add_session_config_entry(key, value)
    try:
        # Its own second try would print to the standard output.
        session = onnxruntime.InferenceSession(str(path), options, providers=[provider], enable_fallback=0)
    except Exception as error:  # onnxruntime's exceptions have no common base of their own
        raise ModelError(f"{path}: {_explain(str(error), 'load')}") from None
    if session.get_providers()[0] != provider:
        raise BackendError(f"onnxruntime cannot start its {provider} here; check the driver, or use --backend onnx")
    return session


def list_providers() -> list[str]:
    """The execution providers that this onnxruntime was built with: `CPU`, `CUDA`, ... Raises BackendError."""
    return [name.removesuffix(_PROVIDER) for name in import_onnxruntime().get_available_providers()]


def import_onnxruntime() -> Any:
    """onnxruntime, without its telemetry: from 1.29 on it reports its use and writes to the temporary folder."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime
    except ImportError as error:
        raise BackendError(
            f"onnxruntime cannot be imported ({error}); pip install --force-reinstall onnxruntime"
        ) from None
    return onnxruntime


def _explain(message: str, task: str) -> str:
    line = " ".join(message.split())
    operator = _UNKNOWN_OPERATOR.search(line)
    if operator:
        name = operator[1] or operator[2]
        return f"needs the operator {name}, which onnxruntime does not have; export it with standard operators only"
    if any(words in line.lower() for words in _WEIGHTS_APART):
        return "keeps its weights in another file, which is not beside it or not whole; copy that, too"
    if "Protobuf parsing failed" in line or "No graph was found" in line:
        return "is no ONNX model, or is truncated; make or copy the file again"
    reason = _PLACE.sub("", _KIND.sub("", line.rpartition(" failed:")[2]))[:_LONGEST_REASON]
    return f"onnxruntime cannot {task} it ({reason}); export it again, or upgrade onnxruntime"


def _tensor_info(path: Path, tensor: Any) -> TensorInfo:
    try:
        name, kind, sides = str(tensor.name), tensor.type, tensor.shape
    except UnicodeDecodeError:
        raise ModelError(f"{path}: the name of a tensor is no text; make or copy the file again") from None
    if kind not in _DTYPES:
        raise ModelError(
            f"{path}: {name} is {kind}; expected {', '.join(_DTYPES)}: export it with the picture as one of these in, "
            "and the scores of all classes out"
        )
    shape = tuple(size if isinstance(size, int) else -1 for size in sides)
    return TensorInfo(name, shape, np.dtype(_DTYPES[kind]))
