"""The shapes of a classifier: one picture in, laid out in one way or another, and one list of scores out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Union

import numpy as np

from runtime.backends.backend import TensorInfo
from runtime.errors import ModelError

# What makes a batch of one, in the network's layout, of a picture's values, height x width x channels.
LayOut = Callable[[np.ndarray], np.ndarray]
# Of a tensor; an open one is whatever the library has for it.
Sides = Sequence[Union[int, str, None]]

# (batch, height, width) of gray pictures, or with channels.
_PICTURE_RANKS = (3, 4)
# Of nearly all networks for ImageNet.
_USUAL_SIDE = 224


def check_classifier(path: object, inputs: Sequence[Sides], outputs: Sequence[Sides]) -> bool:
    """Whether a class activation map, 1 x height x width x 1, comes second, by the shapes of inputs and outputs.

    Raises ModelError unless there is one picture in and one list of scores out.
    """
    has_map = len(outputs) == 2 and len(outputs[1]) == 4 and outputs[1][3] == 1
    if len(inputs) != 1 or len(inputs[0]) not in _PICTURE_RANKS or not (len(outputs) == 1 or has_map):
        rank = len(inputs[0]) if inputs else 0
        raise ModelError(
            f"{path}: has {len(inputs)} inputs (the first of {rank} dimensions) and {len(outputs)} outputs; "
            "expected an image classifier: one picture (batch, height, width, channels) in, one list of scores out; "
            "export it with these alone"
        )
    return has_map


def check_output(path: object, output: TensorInfo) -> None:
    """Raise ModelError unless the output is scores of one picture: 1 x classes, with sides of 1 among them or not, or
    classes alone; floating-point numbers, or integers that are quantized."""
    if count_scores(output) is None:
        shape = " x ".join("?" if size < 0 else str(size) for size in output.shape)
        raise ModelError(f"{path}: gives {shape} values; expected the scores of one picture (1 x classes)")
    if np.issubdtype(output.dtype, np.integer) and not output.is_quantized:
        raise ModelError(
            f"{path}: gives {output.dtype} without a scale, such as the number of a class; expected the scores of all "
            "classes as float32: export it with them"
        )


def count_scores(output: TensorInfo) -> int | None:
    """How many scores an output has, -1 where that is open, or None where it has more than a list of them."""
    batch, sizes = output.shape[:1], output.shape[1:]
    if not sizes:
        return batch[0] if batch else None
    several = [size for size in sizes if size != 1]
    if batch[0] not in (1, -1) or len(several) > 1:
        return None
    return several[0] if several else 1


def picture_shape(path: Path, tensor: TensorInfo) -> tuple[tuple[int, int, int], LayOut]:
    """(height, width, channels) that an input takes, 0 for an open side, and what makes its batch of one picture.

    Of 4 dimensions, the channels last or first (NCHW), or of 3, a gray picture, as the first lesson of Keras has it.
    Raises ModelError where that is no picture.
    """
    batch, *sides = tensor.shape
    lay_out: LayOut = _channels_last
    if len(sides) == 2:
        sides, lay_out = [*sides, 1], _no_channels
    elif sides[2] not in (1, 3) and sides[0] in (1, 3):
        sides, lay_out = [*sides[1:], sides[0]], _channels_first
    height, width, channels = sides
    if batch in (1, -1) and channels == -1:
        raise ModelError(f"{path}: takes {tensor}, a picture of any size and channels; {how_to_fix_size(path, tensor)}")
    if batch not in (1, -1) or channels not in (1, 3):
        raise ModelError(
            f"{path}: takes {tensor}; expected one picture at a time, with 3 channels (RGB) or 1 (gray): "
            "export it with that input"
        )
    return (max(0, height), max(0, width), channels), lay_out


def _channels_last(values: np.ndarray) -> np.ndarray:
    return values[np.newaxis]


def _channels_first(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values.transpose(2, 0, 1))[np.newaxis]


def _no_channels(values: np.ndarray) -> np.ndarray:
    return values[np.newaxis, ..., 0]


def how_to_fix_size(path: Path, tensor: TensorInfo) -> str:
    """The remedy for an input with open sides, as Hugging Face's exporters leave all four of them open."""
    if path.suffix != ".onnx":
        return "convert it with a fixed input size"
    import shlex  # as seldom as this is told

    _, *sides = tensor.shape
    usual = (_USUAL_SIDE, _USUAL_SIDE, 3) if sides[-1] in (1, 3) else (3, _USUAL_SIDE, _USUAL_SIDE)
    fixed = ",".join(str(usual[place] if side == -1 else side) for place, side in enumerate(sides))
    return (
        "fix the size that it was trained with, for example: python -m onnxruntime.tools.make_dynamic_shape_fixed "
        f"--input_name {shlex.quote(tensor.name)} --input_shape 1,{fixed} {path} {path.stem}_fixed.onnx"
    )
