"""What Ultralytics does with a frame, and the same network in the form that it takes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.own_card import read_own_card
from benchmarks.peers.frames import read_frames
from runtime.backends.onnx import import_onnxruntime

# It would ask the network for newer versions and fonts, report its use and install what it misses.
_KEPT_TO_ITSELF = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "YOLO_VERBOSE": "false"}
# Names that no network has yet.
_INPUT, _PICTURE, _LEVELS = "ultralytics/images", "ultralytics/picture", "ultralytics/levels"


def open_ultralytics(model: Path, photo: Path) -> Callable[[int], int]:
    """A loop of benchmarks.peers.loops. It takes BGR, as its own examples do, and the centre square of the frame.

    For a process of its own, whose environment it changes and in whose temporary folder it leaves two files.
    """
    folder = tempfile.mkdtemp()
    os.environ.update(_KEPT_TO_ITSELF, YOLO_CONFIG_DIR=folder)
    network = Path(folder) / "network.onnx"
    write_for_ultralytics(model, network)
    frames = [np.ascontiguousarray(frame[:, :, ::-1]) for frame in read_frames(photo)]
    predict = _load_with_one_thread(network, frames[0])
    return lambda number: int(predict(frames[number % len(frames)])[0].probs.top1)


def write_for_ultralytics(model: Path, path: Path) -> None:
    """The network of an ONNX file made by python -m convert, with what Ultralytics' own exports have: one picture
    (1, channels, height, width) of 0..1, and names and size in the metadata."""
    import onnx
    from onnx import TensorProto, helper

    card = read_own_card(model)
    size = card.input
    proto = onnx.load(model)
    (taken,) = proto.graph.input
    proto.graph.initializer.append(helper.make_tensor(_LEVELS, TensorProto.FLOAT, (), [255.0]))
    proto.graph.node.insert(0, helper.make_node("Transpose", [_INPUT], [_PICTURE], perm=[0, 2, 3, 1]))
    proto.graph.node.insert(1, helper.make_node("Mul", [_PICTURE, _LEVELS], [taken.name]))
    shape = (1, size.channels, size.height, size.width)
    taken.CopyFrom(helper.make_tensor_value_info(_INPUT, TensorProto.FLOAT, shape))
    names = str(dict(enumerate(card.labels)))
    told = {"task": "classify", "stride": "1", "batch": "1", "imgsz": str([size.height, size.width]), "names": names}
    helper.set_model_props(proto, told)
    onnx.checker.check_model(proto)
    onnx.save(proto, path)


def _load_with_one_thread(network: Path, frame: np.ndarray) -> Callable[[np.ndarray], Any]:
    """BGR frames to its lists of results."""
    onnxruntime = import_onnxruntime()
    import torch
    from ultralytics import YOLO

    yolo = YOLO(network, task="classify")

    def predict(frame: np.ndarray) -> Any:
        return yolo.predict(frame, device="cpu", verbose=False)

    predict(frame)
    torch.set_num_threads(1)
    # YOLO has no argument for this; its onnxruntime would take all cores, and waste one of two in waiting.
    backend = yolo.predictor.model.backend
    backend.session_options = onnxruntime.SessionOptions()
    backend.session_options.intra_op_num_threads = 1
    backend.load_model(str(network))
    return predict
