"""The ranges of a TFLite network's values, measured over the pictures that calibrate.

TensorFlow's calibrator (2.21) looks at what an operator took once the operator has run. Where that wrote its result
over what it took, as a sum does, the range becomes that of both, and fewer levels are left for each. Here the
interpreter keeps every value. int16 has levels to spare: its ranges are the calibrator's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from convert.observer import Observer
from convert.tflite_file import edit_model, open_keeping
from runtime.errors import ConversionError


def measure_ranges(content: bytes, pictures: np.ndarray, observer: Observer) -> bytes:
    """A calibrated float32 file's bytes, with the ranges (least, greatest) of these pictures in place of its own.

    pictures: uint8, count x height x width x channels. Raises ConversionError where a value is no number.
    """
    interpreter = open_keeping(content)
    (taken,) = interpreter.get_input_details()

    def measure(model: Any) -> None:
        (graph,) = model.subgraphs
        measured = [(index, tensor) for index, tensor in enumerate(graph.tensors) if _has_range(tensor)]
        lows, highs = np.full(len(measured), np.inf, np.float32), np.full(len(measured), -np.inf, np.float32)
        for picture in observer.track(pictures, "calibrating", len(pictures)):
            interpreter.set_tensor(taken["index"], picture[np.newaxis].astype(np.float32))
            interpreter.invoke()
            for number, (index, _) in enumerate(measured):
                values = interpreter.tensor(index)()
                lows[number] = np.minimum(lows[number], values.min())
                highs[number] = np.maximum(highs[number], values.max())
                del values  # the interpreter refuses to run while somebody sees its memory
        for low, high, (_, tensor) in zip(lows, highs, measured):
            if not np.isfinite([low, high]).all():
                raise ConversionError(f"{tensor.name.decode()} becomes {low} to {high}; train the network again")
            tensor.quantization.min, tensor.quantization.max = np.array([low]), np.array([high])

    return edit_model(content, measure)


def _has_range(tensor: Any) -> bool:
    """Weights have one for each channel, or none."""
    return tensor.quantization is not None and tensor.quantization.min is not None and len(tensor.quantization.min) == 1
