"""Who takes part: one row each. To add a peer: a row here and its loop in benchmarks.peers.loops."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

INVOKE, OURS_YUV, OURS_RGB = "invoke", "edgeframe-yuv", "edgeframe"


@dataclass(frozen=True)
class Peer:
    """name: for --only. how: what one run does, from which form of frame. needs: modules that are imported.
    remedy: the command that brings them. model: the suffix of the file that it runs."""

    name: str
    how: str
    needs: tuple[str, ...]
    remedy: str
    model: str = ".tflite"

    @property
    def is_installed(self) -> bool:
        return all(importlib.util.find_spec(module) is not None for module in self.needs)


_TFLITE = ("ai_edge_litert",), "pip install 'edgeframe[tflite]'"
_PEERS = "pip install 'edgeframe[peers]'"

_ROWS = (
    Peer(INVOKE, "the bare interpreter's invoke()", *_TFLITE),
    Peer(OURS_YUV, "a decoded YUV frame to predictions", *_TFLITE),
    Peer(OURS_RGB, "Classifier.classify(RGB array)", *_TFLITE),
    Peer("mediapipe", "ImageClassifier.classify(RGB image)", ("mediapipe",), _PEERS),
    Peer("label-image", "frame.to_image(), Pillow's resize, set_tensor, invoke, argsort", *_TFLITE),
    Peer("opencv", "dnn.blobFromImage(RGB array), forward, float ONNX", ("cv2",), _PEERS, ".onnx"),
    Peer("onnxruntime", "Pillow's resize of an RGB array, run, float ONNX", ("onnxruntime",), _PEERS, ".onnx"),
    Peer(
        "ultralytics",
        "YOLO(float ONNX, task='classify').predict(BGR array)",
        ("torch", "ultralytics", "onnx", "onnxruntime"),
        "pip install ultralytics onnx onnxruntime",
        ".onnx",
    ),
)
PEERS = {peer.name: peer for peer in _ROWS}
