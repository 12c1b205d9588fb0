"""What a backend is, and how camera bytes become its input tensor and its output tensor becomes scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional, Protocol

import numpy as np

from runtime.card import Normalisation

Encoder = Callable[[np.ndarray], np.ndarray]
Decoder = Callable[[np.ndarray], np.ndarray]


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


# What an integer input stands for where a picture's bytes are to go in as they are: lowest and highest value.
_RANGES_OF_BYTES = ((0, 1), (-1, 1), (-0.5, 0.5), (0, 255), (-128, 127))
# Of such a range: calibration seldom meets both ends, and 127 stands for 127.5 and 128.
_RANGE_TOLERANCE = 0.05


def input_range(tensor: TensorInfo) -> tuple[float, float]:
    """The lowest and the highest value that an integer input can stand for."""
    limits, scale = np.iinfo(tensor.dtype), tensor.scale if tensor.is_quantized else 1.0
    return (limits.min - tensor.zero_point) * scale, (limits.max - tensor.zero_point) * scale


def takes_bytes(tensor: TensorInfo) -> bool:
    """Whether an input is of 8-bit integers that stand for a usual range of a picture's levels.

    One that is quantized for -2.1..2.6, say, was trained with a mean and std that its file does not tell.
    """
    if tensor.dtype not in (np.uint8, np.int8):
        return False
    low, high = input_range(tensor)
    slack = _RANGE_TOLERANCE * (high - low)
    ranges = _RANGES_OF_BYTES if tensor.is_quantized else ((low, high),)
    return any(abs(low - lowest) <= slack and abs(high - highest) <= slack for lowest, highest in ranges)


def keep_bytes(tensor: TensorInfo) -> Normalisation:
    """The normalisation that the quantization of an integer input undoes: the bytes of a picture go in as they are.

    For int8 they go in as -128..127.
    """
    scale = tensor.scale if tensor.is_quantized else 1.0
    return Normalisation((float(tensor.zero_point - np.iinfo(tensor.dtype).min),), (1 / scale,))


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
        return (lambda image: image) if dtype == np.uint8 else lambda image: image.astype(dtype)
    return lambda image: row[image]


def make_decoder(tensor: TensorInfo) -> Decoder:
    """What turns values of an output tensor, of any shape, into float32 (values,).

    8-bit ones are looked up in a table, like the encoder's, in which negative ones count from the end: after a network
    has had the caches each call of numpy costs many times what it does in a loop by itself, and its arithmetic most.
    """
    if not tensor.is_quantized:
        return lambda values: values.reshape(-1).astype(np.float32)
    zero_point, scale = tensor.zero_point, np.float32(tensor.scale)
    if tensor.dtype.itemsize > 1:
        return lambda values: np.subtract(values.reshape(-1), zero_point, dtype=np.float32) * scale
    levels = np.arange(256, dtype=np.uint8).view(tensor.dtype)
    table = np.subtract(levels, zero_point, dtype=np.float32) * scale
    return lambda values: table.take(values.ravel())


def decode_cam(decode: Decoder, values: np.ndarray) -> np.ndarray:
    """A class activation map as float32 (height, width): the cells of the last feature map."""
    return decode(values).reshape(values.shape[1:3])
