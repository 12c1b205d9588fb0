"""What the operators of two TFLite files of one network give.

TensorFlow's converter gives the tensors of a float file and of an integer one the same names, so results are matched
by name; in a float16 one, where what restores a bias has the name, by the name but for the number that it appends to
one that is taken. Both run on TensorFlow's interpreter with its own kernels, not XNNPACK's, as it can keep every
tensor; the two round alike to the last bit or so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from convert.diagnose import Step
from convert.layers import LayerNames
from convert.tflite_file import open_keeping
from runtime.operators.graph import Graph, Operator
from runtime.operators.tflite import read_tflite

_CHANGING_FORM = ("QUANTIZE", "DEQUANTIZE")


class TfliteActivations:
    """A convert.diagnose.Activations of a float32 `.tflite` and another one of the same network."""

    def __init__(self, original: Path, converted: Path, names: LayerNames) -> None:
        self._original, self._converted = _Tensors(original), _Tensors(converted)
        self.steps, self._results = _match(read_tflite(original), self._converted.places, names)

    def read(self, picture: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """See convert.diagnose.Activations."""
        self._original.run(picture)
        self._converted.run(picture)
        return [(self._original.value(ours), self._converted.value(theirs)) for ours, theirs in self._results]


def _match(graph: Graph, known: Collection[str], names: LayerNames) -> tuple[tuple[Step, ...], list[tuple[str, str]]]:
    """The steps that both have, and what their results are called in the one and in the other."""
    theirs = _by_plain_name(known) | {name: name for name in known}
    steps: list[Step] = []
    places: dict[str, int] = {}
    results: list[tuple[str, str]] = []
    for operator in graph.operators:
        result = operator.outputs[0].name
        found = theirs.get(result) or theirs.get(_plain(result))
        if operator.kind not in _CHANGING_FORM and found:
            reads = tuple(places[tensor.name] for tensor in operator.inputs if tensor.name in places)
            places[result] = len(steps)
            steps.append(Step(names.find(result), operator.kind, reads))
            results.append((result, found))
    return tuple(steps), results


def _by_plain_name(names: Collection[str]) -> dict[str, str]:
    """Names by what they are but for their number, those that nothing else tells apart left out."""
    counts = Counter(map(_plain, names))
    return {_plain(name): name for name in names if counts[_plain(name)] == 1}


def _plain(name: str) -> str:
    return name.rstrip("0123456789")


class _Tensors:
    """A file whose tensors can all be read after it has run. places: of its activations, by name; what only restores
    a constant is none."""

    def __init__(self, path: Path) -> None:
        self._interpreter = open_keeping(path.read_bytes())
        computing = [operator for operator in read_tflite(path).operators if not _restores_constant(operator)]
        made = {tensor.name for operator in computing for tensor in operator.outputs}
        details = [tensor for tensor in self._interpreter.get_tensor_details() if tensor["name"] in made]
        self._details = {tensor["name"]: tensor for tensor in details}
        self.places = {name: int(tensor["index"]) for name, tensor in self._details.items()}

    def run(self, picture: np.ndarray) -> None:
        (taken,) = self._interpreter.get_input_details()
        self._interpreter.set_tensor(taken["index"], _encode(picture, taken)[np.newaxis])
        self._interpreter.invoke()

    def value(self, name: str) -> np.ndarray:
        """A tensor as real numbers, float32."""
        values: np.ndarray = self._interpreter.get_tensor(self.places[name])
        scale, zero_point = self._details[name]["quantization"]
        real: np.ndarray = values.astype(np.float32)
        return (real - zero_point) * np.float32(scale) if scale else real


def _restores_constant(operator: Operator) -> bool:
    return operator.kind == "DEQUANTIZE" and operator.inputs[0].is_constant


def _encode(picture: np.ndarray, taken: Any) -> np.ndarray:
    """The bytes of a picture as the input takes them: every network of edgeframe takes real values of 0..255."""
    scale, zero_point = taken["quantization"]
    values = picture / scale + zero_point if scale else picture
    encoded: np.ndarray = np.round(values).astype(taken["dtype"])
    return encoded
