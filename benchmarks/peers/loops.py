"""What each peer does with a frame, called as its own examples do, with one thread.

A loop is opened with the model file and the photo, and gives the index of the best class of frame N.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.bare_interpreter import open_interpreter
from benchmarks.own_card import read_own_card
from benchmarks.peers.frames import decoded_frames, read_frames
from benchmarks.peers.table import INVOKE, OURS_RGB, OURS_YUV
from benchmarks.peers.ultralytics_loop import open_ultralytics
from runtime.backends.onnx import import_onnxruntime

Loop = Callable[[int], int]


def open_invoke(model: Path, photo: Path) -> Loop:
    """Nothing but `invoke()`, on the picture that was put in before."""
    interpreter = open_interpreter(model)
    input_index, output_index = _tensors(interpreter)
    interpreter.set_tensor(input_index, _fit_as_ours(model, photo)[np.newaxis])
    interpreter.invoke()
    best = int(interpreter.get_tensor(output_index).argmax())

    def run(number: int) -> int:
        interpreter.invoke()
        return best

    return run


def open_ours_yuv(model: Path, photo: Path) -> Loop:
    from runtime.classifier import Classifier
    from runtime.frame import Frame
    from runtime.sources.scaler import VideoScaler

    frames = decoded_frames(read_frames(photo))
    classifier = Classifier.load(model, threads=1)
    scaler = VideoScaler(classifier.card.input, classifier.card.fit)

    def run(number: int) -> int:
        frame = Frame(scaler.fit(frames[number % len(frames)]), is_fitted=True)
        return classifier.classify_frame(frame).predictions[0].index

    return run


def open_ours(model: Path, photo: Path) -> Loop:
    from runtime.classifier import Classifier

    frames = read_frames(photo)
    classifier = Classifier.load(model, threads=1)
    return lambda number: classifier.classify(frames[number % len(frames)]).predictions[0].index


def open_mediapipe(model: Path, photo: Path) -> Loop:
    """ImageClassifier needs TFLite Metadata in the model; it always takes all of the frame."""
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    frames = read_frames(photo)
    options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=str(model)), max_results=5)
    classifier = vision.ImageClassifier.create_from_options(options)

    def run(number: int) -> int:
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=frames[number % len(frames)])
        index: int = classifier.classify(image).classifications[0].categories[0].index
        return index

    return run


def open_label_image(model: Path, photo: Path) -> Loop:
    """As TensorFlow's label_image.py does it with a picture, from the frames of a decoder."""
    frames = decoded_frames(read_frames(photo))
    interpreter = open_interpreter(model)
    input_index, output_index = _tensors(interpreter)
    height, width = interpreter.get_input_details()[0]["shape"][1:3]

    def run(number: int) -> int:
        image = frames[number % len(frames)].to_image().resize((width, height))
        interpreter.set_tensor(input_index, np.expand_dims(np.asarray(image), axis=0))
        interpreter.invoke()
        results = np.squeeze(interpreter.get_tensor(output_index))
        return int(results.argsort()[-5:][::-1][0])

    return run


def open_opencv(model: Path, photo: Path) -> Loop:
    import cv2

    frames = read_frames(photo)
    cv2.setNumThreads(1)
    net = cv2.dnn.readNet(str(model))
    size = _onnx_size(model)

    def run(number: int) -> int:
        blob = cv2.dnn.blobFromImage(frames[number % len(frames)], size=size, crop=True)  # NCHW; the model takes NHWC
        net.setInput(np.ascontiguousarray(blob.transpose(0, 2, 3, 1)))
        return int(net.forward().argmax())

    return run


def open_onnxruntime(model: Path, photo: Path) -> Loop:
    frames = read_frames(photo)
    session = _onnx_session(model)
    size, name = _onnx_size(model), session.get_inputs()[0].name

    def run(number: int) -> int:
        image = Image.fromarray(frames[number % len(frames)]).resize(size)
        return int(session.run(None, {name: np.asarray(image, np.float32)[np.newaxis]})[0].argmax())

    return run


LOOPS: dict[str, Callable[[Path, Path], Loop]] = {
    INVOKE: open_invoke,
    OURS_YUV: open_ours_yuv,
    OURS_RGB: open_ours,
    "mediapipe": open_mediapipe,
    "label-image": open_label_image,
    "opencv": open_opencv,
    "onnxruntime": open_onnxruntime,
    "ultralytics": open_ultralytics,
}


def _tensors(interpreter: Any) -> tuple[int, int]:
    return interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]


def _fit_as_ours(model: Path, photo: Path) -> np.ndarray:
    from runtime.image import fit_image

    card = read_own_card(model)
    return fit_image(read_frames(photo)[0], card.input, card.fit)


def _onnx_session(model: Path) -> Any:
    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def _onnx_size(model: Path) -> tuple[int, int]:
    """Width and height of what an ONNX file made by python -m convert takes."""
    size = read_own_card(model).input
    return size.width, size.height
