"""What a backend is, and how camera bytes become its input tensor and its output tensor becomes scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional, Protocol

import numpy as np

from runtime.card import Normalisation
from runtime.errors import ModelError

Encoder = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class TensorInfo:
    """A tensor of a model: its shape (-1 where it is open), and scale and zero point where it is quantized."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    scale: float = 0.0
    zero_point: int = 0

    @property
    def is_quantized(self) -> bool:
        return self.scale > 0

    def __str__(self) -> str:
        shape = "x".join("?" if size < 0 else str(size) for size in self.shape)
        quantized = f", scale {self.scale:.6g}, zero point {self.zero_point}" if self.is_quantized else ""
        return f"{self.name}: {shape} {self.dtype}{quantized}"


class Backend(Protocol):
    """A loaded model. Pictures go in as uint8, height x width x channels; float32 scores (classes,) come out.

    Quantization, layout (NCHW) and an adopted model's normalisation are dealt with inside.
    `input_shape` is (height, width, channels); 0 for a side that the model leaves open. `cam` is the output with a
    class activation map, where there is one: `read_cam` gives that of the last `run`.
    """

    name: str
    threads: int
    input: TensorInfo
    output: TensorInfo
    cam: TensorInfo | None
    input_shape: tuple[int, int, int]

    def run(self, image: np.ndarray) -> np.ndarray: ...

    def read_cam(self) -> np.ndarray | None: ...


# None: no mean and std are known, so an integer input takes the bytes as they are.
OpenNormalisation = Optional[Normalisation]


def make_encoder(tensor: TensorInfo, normalisation: OpenNormalisation) -> Encoder:
    """What turns uint8 height x width x channels into values of the input tensor's dtype, of the same shape.

    All that mean, std and quantization do to one of 256 levels is worked out once, in a table.
    """
    levels = np.arange(256, dtype=np.float32)
    integer = np.issubdtype(tensor.dtype, np.integer)
    if normalisation is None and integer:
        table = (levels + np.iinfo(tensor.dtype).min)[np.newaxis]
    else:
        known = normalisation or Normalisation()
        mean, std = (np.asarray(values, np.float32).reshape(-1, 1) for values in (known.mean, known.std))
        table = (levels - mean) / std
        if integer:
            # An ONNX integer input has no scale of its own: its values are what the network computes with.
            scale = np.float32(tensor.scale if tensor.is_quantized else 1)
            limits = np.iinfo(tensor.dtype)
            table = np.clip(np.round(table / scale + tensor.zero_point), limits.min, limits.max)
    table = table.astype(tensor.dtype)
    if len(table) == 1:
        return _encode_alike(table[0], tensor.dtype)
    return lambda image: np.stack([row[image[..., channel]] for channel, row in enumerate(table)], axis=-1)


def _encode_alike(row: np.ndarray, dtype: np.dtype) -> Encoder:
    """All channels alike; where the table changes nothing but the dtype, not even a look-up is needed."""
    if np.array_equal(row, np.arange(256)):
        return lambda image: image.astype(dtype, copy=False)
    return lambda image: row[image]


def decode_scores(tensor: TensorInfo, values: np.ndarray) -> np.ndarray:
    """The output tensor as float32 (classes,)."""
    if not tensor.is_quantized:
        return values.reshape(-1).astype(np.float32)
    scores: np.ndarray = np.subtract(values.reshape(-1), tensor.zero_point, dtype=np.float32)
    scores *= np.float32(tensor.scale)
    return scores


def decode_cam(tensor: TensorInfo, values: np.ndarray) -> np.ndarray:
    """A class activation map as float32 (height, width): the cells of the last feature map."""
    return decode_scores(tensor, values).reshape(values.shape[1:3])


def check_classifier(path: object, inputs: int, outputs: list[TensorInfo], input_rank: int) -> TensorInfo | None:
    """Raise ModelError unless there is one picture in and one list of scores out.

    A second output may be a class activation map, 1 x height x width x 1: it comes back.
    """
    is_map = len(outputs) == 2 and len(outputs[1].shape) == 4 and outputs[1].shape[3] == 1
    if inputs != 1 or not (len(outputs) == 1 or is_map) or input_rank != 4:
        raise ModelError(
            f"{path}: has {inputs} inputs (the first of {input_rank} dimensions) and {len(outputs)} outputs; "
            "expected an image classifier: one picture (batch, height, width, channels) in, one list of scores out"
        )
    return outputs[1] if is_map else None


def check_output(path: object, output: TensorInfo) -> None:
    """Raise ModelError unless the output is scores of one picture: 1 x classes, or 1 x 1 x 1 x classes."""
    sizes = [size for size in output.shape[1:] if size != 1]
    if output.shape[:1] not in ((1,), (-1,)) or len(sizes) > 1:
        shape = " x ".join("?" if size < 0 else str(size) for size in output.shape)
        raise ModelError(f"{path}: gives {shape} values; expected the scores of one picture (1 x classes)")
