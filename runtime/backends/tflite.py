"""TFLite files, by whichever package brings the interpreter: ai-edge-litert, tflite-runtime or TensorFlow."""

from __future__ import annotations

import importlib
import re
import threading
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
from runtime.backends.shapes import check_classifier, check_output, how_to_fix_size, picture_shape
from runtime.errors import BackendError, ModelError
from runtime.stderr import quiet_stderr

# name of the backend: the module that has its Interpreter
_MODULES = {
    "litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
    "tensorflow": "tensorflow.lite.python.interpreter",
}


# An operator that is computed by TensorFlow, named where the interpreter gives up.
_FLEX = re.compile(r"\(Flex(\w+)\)")
# What its compiler makes of all that it takes.
_EDGE_TPU = "edgetpu-custom-op"


class TfliteBackend:
    """A TFLite interpreter with its tensors allocated; see runtime.backends.Backend."""

    def __init__(self, path: Path, interpreter: Any, name: str, threads: int, normalisation: OpenNormalisation) -> None:
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        has_map = check_classifier(path, *([info["shape"] for info in details] for details in (inputs, outputs)))
        self.cam = _tensor_info(outputs[1]) if has_map else None
        self.name = name
        self.threads = threads
        self.input, self.output = _tensor_info(inputs[0]), _tensor_info(outputs[0])
        self.input_shape, self._lay_out = picture_shape(path, self.input)
        check_output(path, self.output)
        if 0 in self.input_shape:
            raise ModelError(f"{path}: takes {self.input}, a picture of any size; {how_to_fix_size(path, self.input)}")
        self._path = path
        self._interpreter = interpreter
        self._lock = threading.Lock()
        self._input_index, self._output_index = inputs[0]["index"], outputs[0]["index"]
        self._cam_index = outputs[-1]["index"]
        self._encode = make_encoder(self.input, normalisation)
        self._decode = make_decoder(self.output)
        self._decode_cam = None if self.cam is None else make_decoder(self.cam)

    def run(self, image: np.ndarray) -> np.ndarray:
        values = self._lay_out(self._encode(image))
        try:
            # Of several threads, each would be answered about another's picture.
            with self._lock:
                self._interpreter.set_tensor(self._input_index, values)
                self._interpreter.invoke()
                return self._decode(self._interpreter.get_tensor(self._output_index))
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{self._path}: {_explain(str(error), self.name, 'run')}") from None

    def read_cam(self) -> np.ndarray | None:
        if self._decode_cam is None:
            return None
        return decode_cam(self._decode_cam, self._interpreter.get_tensor(self._cam_index))


def open_tflite(path: Path, threads: int, normalisation: OpenNormalisation, name: str) -> TfliteBackend:
    """Open a `.tflite` by one of the backends of _MODULES; errors as in `open_backend`."""
    with quiet_stderr():
        interpreter_class = _import_interpreter(name)
        try:
            # Read, not mapped: a file that is overwritten while it is in use would take the process down.
            interpreter = interpreter_class(model_content=path.read_bytes(), num_threads=threads)
            interpreter.allocate_tensors()
            return TfliteBackend(path, interpreter, name, threads, normalisation)
        except OSError as error:
            raise ModelError(f"{path}: cannot be read ({error.strerror}); check its owner and mode") from None
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path}: {_explain(str(error), name, 'load')}") from None


def _import_interpreter(name: str) -> Any:
    # tflite-runtime is compiled for numpy 1; with numpy 2 it imports, then fails with a bare SystemError.
    if name == "tflite-runtime" and int(np.__version__.partition(".")[0]) >= 2:
        raise BackendError(
            f"tflite-runtime {_version('tflite-runtime')} needs numpy<2, found numpy {np.__version__}; "
            "pip install 'numpy<2', or on Python 3.10 and later: pip install 'edgeframe[tflite]'"
        )
    try:
        return importlib.import_module(_MODULES[name]).Interpreter
    except (ImportError, SystemError) as error:
        raise BackendError(f"{name} is installed but cannot be imported ({error}); install it again") from None


def _version(distribution: str) -> str:
    from importlib import metadata

    return metadata.version(distribution)


def _explain(message: str, name: str, task: str) -> str:
    line = " ".join(message.split())
    if "custom op" in line.lower():
        operator = line.partition("custom op: ")[2].split(".")[0] or "unnamed"
        if operator == _EDGE_TPU:
            return (
                "is compiled for a Coral Edge TPU, which it cannot run without; take the file that it was compiled from"
            )
        return f"needs the custom operator {operator}, which {name} does not have; convert it with built-in ones only"
    if "Select TensorFlow op" in line:
        operator = ", ".join(_FLEX.findall(line)) or "SELECT_TF_OPS"
        return (
            f"needs operators of TensorFlow itself ({operator}), which {name} does not have; convert it without these"
        )
    # Of an empty file they say that its model_content is missing.
    if any(word in line.lower() for word in ("flatbuffer", "identifier", "model_content", "could not open")):
        return "is no TFLite model, or is truncated; make or copy the file again"
    return f"{name} cannot {task} it ({line[:160]}); convert it again"


def _tensor_info(details: Any) -> TensorInfo:
    scale, zero_point = details["quantization"]
    shape = details.get("shape_signature", details["shape"])
    shape = shape if len(shape) else details["shape"]
    return TensorInfo(
        str(details["name"]),
        tuple(int(size) for size in shape),
        np.dtype(details["dtype"]),
        float(scale),
        int(zero_point),
    )
