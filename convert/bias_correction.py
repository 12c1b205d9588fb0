"""Biases that make up for what rounding adds to a channel on average.

Rounding the weights and the values between layers moves the mean of a channel. Pooling averages the rest of the
rounding errors away, but not that: it is what a small network loses its accuracy by. The empirical correction of
Nagel et al. 2019 (https://arxiv.org/abs/1906.04721, section 4.2, appendix D): the network is computed twice side by
side, as it is and rounded, layer by layer, and each bias takes back what its layer's mean was moved by. After a
rectifier it is the mean of what is left that counts: rounding errors around 0 do not cancel out there.

A picture's bytes are rounded only where a network takes the middle of two of them (127.5) for 0. So it gets a byte for
0, and the biases take that back, too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from convert.failure import UncorrectedError, explain_failure
from convert.network import Network
from convert.observer import Observer
from convert.recipes import Recipe
from convert.steps import LayerStep, is_relu, list_steps

_WEIGHT_LEVELS = 127  # either side of 0
_VALUE_LEVELS = {"int8": 255, "int16": 65535}
# Means over so many pixels of pictures move little with more; of each picture, some activations are in memory.
_PIXELS = 12 * 224 * 224
_OUTPUT_CHANNELS = {"Conv2D": (3,), "Dense": (1,), "DepthwiseConv2D": (2, 3)}  # axes of the kernel
# Newton's steps to the bias that gives the wanted mean, and the least slope that they assume.
_APPROACHES, _LEAST_MOVING = 3, 0.1
_Pair = tuple[np.ndarray, np.ndarray]  # as it is, and rounded


def can_correct_biases(network: Network) -> bool:
    """Whether its layers can be computed one by one."""
    return bool(list_steps(network.model))


def correct_biases(network: Network, pictures: np.ndarray, observer: Observer, recipe: Recipe) -> Network:
    """The network with a model for its files of an integer recipe whose biases are corrected.

    pictures: those that calibrate, uint8, count x height x width x channels. Raises UncorrectedError where a layer is
    of a form that this does not know, as a normalisation over the rows.
    """
    model = _copy_model(network.model)
    # Spread, as they may be in the order of their classes.
    count = min(len(pictures), max(1, _PIXELS // (pictures.shape[1] * pictures.shape[2])))
    spread = np.linspace(0, len(pictures) - 1, count).round().astype(int)
    steps = list_steps(model)
    floats = _find_float(steps, set(recipe.keep_float))
    with explain_failure(f"{network.card.name}: its biases cannot be corrected", UncorrectedError):
        _correct(steps, pictures[spread], observer, floats, _VALUE_LEVELS[recipe.activations])
    return network.with_corrected(model)


def _copy_model(model: Any) -> Any:
    """Through a file: `clone_model` would forget what a Normalization layer was adapted to."""
    import keras

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "copy.keras")
        model.save(path)
        return keras.saving.load_model(path, compile=False, safe_mode=True)


def _find_float(steps: Sequence[LayerStep], names: set[str]) -> set[int]:
    """The numbers of the steps that are not rounded: a normalisation or rectifier is one with the layer before it."""
    leaders: list[int] = []
    for number, step in enumerate(steps):
        is_follower = step.layer is not None and (step.kind == "BatchNormalization" or is_relu(step))
        leaders.append(leaders[step.inputs[0]] if is_follower else number)
    floats = {
        leaders[number] for number, step in enumerate(steps) if step.layer is not None and step.layer.name in names
    }
    return {number for number, leader in enumerate(leaders) if leader in floats}


def _correct(
    steps: Sequence[LayerStep], pictures: np.ndarray, observer: Observer, floats: set[int], levels: int
) -> None:
    """Correct the steps' biases in place. floats: the numbers of those not rounded. levels: of all others' results."""
    values: dict[int, _Pair] = {}
    for number, step in enumerate(observer.track(steps, "correcting biases", len(steps))):
        if step.layer is None:
            values[number] = (pictures.astype(np.float32),) * 2
            continue
        given = [values[taken] for taken in step.inputs]
        if _rescales_picture(step, steps) and _takes_back(number, steps, floats):
            values[number] = _rescale_bytes(step, *given[0])
        elif number in floats:
            values[number] = _compute_float(step, given)
        else:
            values[number] = _compute(step, steps, given, levels)
        for taken in step.inputs:
            if max(steps[taken].readers) == number:
                values.pop(taken, None)


def _rescales_picture(step: LayerStep, steps: Sequence[LayerStep]) -> bool:
    """Whether it takes the picture's bytes, and all channels alike."""
    return (
        step.kind == "Rescaling"
        and steps[step.inputs[0]].layer is None
        and np.ndim(step.layer.scale) == np.ndim(step.layer.offset) == 0
    )


def _takes_back(number: int, steps: Sequence[LayerStep], floats: set[int]) -> bool:
    """Whether biases can take back that all values are moved by one amount, where the values of a step are read."""
    readers = steps[number].readers
    return bool(readers) and all(
        _takes_back(reader, steps, floats)
        if steps[reader].kind == "ZeroPadding2D"
        else reader not in floats and _has_bias(reader, steps)
        for reader in readers
    )


def _has_bias(number: int, steps: Sequence[LayerStep]) -> bool:
    step = steps[number]
    normalising = [steps[reader] for reader in step.readers if steps[reader].kind == "BatchNormalization"]
    return step.kind in _OUTPUT_CHANNELS and any(_bias(one) is not None for one in (step, *normalising))


def _rescale_bytes(step: LayerStep, exact: np.ndarray, rounded: np.ndarray) -> _Pair:
    """A byte becomes 0, the one above where it lay between two: so each has a level, and none is rounded."""
    values, layer = step.run([exact]), step.layer
    layer.offset = -layer.scale * float(np.floor(0.5 - layer.offset / layer.scale))
    return values, step.run([rounded])


def _compute_float(step: LayerStep, given: list[_Pair]) -> _Pair:
    return step.run([one for one, _ in given]), step.run([one for _, one in given])


def _compute(step: LayerStep, steps: Sequence[LayerStep], given: list[_Pair], levels: int) -> _Pair:
    if is_relu(step):
        return _rectify(step, steps[step.inputs[0]], *given[0], levels)
    exact = step.run([one for one, _ in given])
    rounded = _run_rounded(step, [one for _, one in given])
    readers = [steps[number] for number in step.readers]
    is_normalised = any(reader.kind == "BatchNormalization" for reader in readers)
    bias = _bias(step)
    if bias is not None and not is_normalised:
        moved = (exact - rounded).mean(axis=tuple(range(exact.ndim - 1)))
        bias.assign(bias + moved)
        rounded = rounded + moved
    # The formats compute these together with the layer before, and round what comes of it.
    if is_normalised or (readers and all(is_relu(reader) for reader in readers)):
        return exact, rounded
    return exact, _round_values(rounded, float(exact.min()), float(exact.max()), levels)


def _rectify(step: LayerStep, before: LayerStep, exact: np.ndarray, rounded: np.ndarray, levels: int) -> _Pair:
    """The results of a rectifier, with the bias of the step before corrected once more by them."""
    wanted = step.run([exact])
    low, high = float(wanted.min()), float(wanted.max())
    axes = tuple(range(wanted.ndim - 1))
    bias, moved = _bias(before), np.zeros(wanted.shape[-1], np.float32)
    got = _round_values(step.run([rounded]), low, high, levels)
    if bias is None or len(before.readers) > 1:
        return wanted, got
    for _ in range(_APPROACHES):
        # A bias moves only what is neither 0 nor at the cap.
        moving = ((got > low) & (got < high)).mean(axis=axes)
        moved = moved + (wanted - got).mean(axis=axes) / np.maximum(moving, _LEAST_MOVING)
        got = _round_values(step.run([rounded + moved]), low, high, levels)
    bias.assign(bias + moved)
    return wanted, got


def _bias(step: LayerStep) -> Any:
    """What is added to each channel of the step's result; None where nothing is."""
    if step.kind == "BatchNormalization":
        return step.layer.beta if step.layer.center else None
    return step.layer.bias if step.kind in _OUTPUT_CHANNELS and step.layer.use_bias else None


def _run_rounded(step: LayerStep, given: list[np.ndarray]) -> np.ndarray:
    if step.kind not in _OUTPUT_CHANNELS:
        return step.run(given)
    kernel = step.layer.kernel
    weights = np.asarray(kernel)
    kernel.assign(_round_weights(weights, _OUTPUT_CHANNELS[step.kind]))
    try:
        return step.run(given)
    finally:
        kernel.assign(weights)


def _round_weights(weights: np.ndarray, channels: tuple[int, ...]) -> np.ndarray:
    """As int8, symmetric, with a scale for each output channel: normalisation, folded in later, changes nothing."""
    others = tuple(axis for axis in range(weights.ndim) if axis not in channels)
    scales = np.maximum(np.abs(weights).max(axis=others, keepdims=True), 1e-12) / _WEIGHT_LEVELS
    rounded: np.ndarray = np.round(weights / scales) * scales
    return rounded


def _round_values(values: np.ndarray, low: float, high: float, levels: int) -> np.ndarray:
    """To so many levels above the least one, of a range that holds 0."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = max((high - low) / levels, 1e-12)
    zero = round(-low / scale)
    rounded: np.ndarray = np.round(values / np.float32(scale))
    np.clip(rounded, -zero, levels - zero, out=rounded)
    rounded *= np.float32(scale)
    return rounded
