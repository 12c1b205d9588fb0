"""Who takes part: one row each. To add a peer: a row here and its loop in benchmarks.peers.loops."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

INVOKE, OURS_YUV, OURS_RGB = "invoke", "edgeframe-yuv", "edgeframe"


@dataclass(frozen=True)
class Peer:
    """name: for --only. title: in the table of claims. how: what one run does, from which form of frame.
    needs: modules that are imported. remedy: the command that brings them. model: the suffix of the file that it runs.
    """

    name: str
    title: str
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
    Peer(INVOKE, "bare invoke", "the bare interpreter's invoke()", *_TFLITE),
    Peer(OURS_YUV, "edgeframe, decoded YUV", "a decoded YUV frame to predictions", *_TFLITE),
    Peer(OURS_RGB, "edgeframe, RGB array", "Classifier.classify(RGB array)", *_TFLITE),
    Peer("mediapipe", "MediaPipe ImageClassifier, RGB", "ImageClassifier.classify(RGB image)", ("mediapipe",), _PEERS),
    Peer(
        "label-image",
        "a Pillow label_image loop",
        "frame.to_image(), Pillow's resize, set_tensor, invoke, argsort",
        *_TFLITE,
    ),
    Peer(
        "opencv",
        "OpenCV dnn, float32 ONNX",
        "dnn.blobFromImage(RGB array), forward, float ONNX",
        ("cv2",),
        _PEERS,
        ".onnx",
    ),
    Peer(
        "onnxruntime",
        "onnxruntime by hand, float32",
        "Pillow's resize of an RGB array, run, float ONNX",
        ("onnxruntime",),
        _PEERS,
        ".onnx",
    ),
    Peer(
        "ultralytics",
        "Ultralytics, float32 ONNX",
        "YOLO(float ONNX, task='classify').predict(BGR array)",
        ("torch", "ultralytics", "onnx", "onnxruntime"),
        "pip install ultralytics onnx onnxruntime",
        ".onnx",
    ),
)
PEERS = {peer.name: peer for peer in _ROWS}
