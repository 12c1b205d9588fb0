"""What the nodes of two ONNX files of one network give.

Every result is made an output of the file, and onnxruntime runs it with its optimisations off. An integer file is
then computed in float32 between its roundings (QuantizeLinear, DequantizeLinear), as its definition says. So what
its fused integer kernels do on a processor of their own (sums that overflow 16 bits on x86 without VNNI) is not seen;
the agreement check, which runs the file as it is, sees that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime

from convert.diagnose import Step
from convert.layers import LayerNames
from convert.onnx_graph import INPUT

_CHANGING_FORM = ("QuantizeLinear", "DequantizeLinear", "Cast", "Transpose")
# What onnxruntime.quantization calls a result that has been rounded.
_ROUNDED = "_DequantizeLinear_Output"
_PICTURE_RANK = 4


class OnnxActivations:
    """A convert.diagnose.Activations of a float32 `.onnx`, its operators fused, and another one of the same network."""

    def __init__(self, original: Path, converted: Path, names: LayerNames) -> None:
        first, second = onnx.load(original), onnx.load(converted)
        known = {name for node in second.graph.node for name in node.output}
        kept = [node for node in first.graph.node if node.op_type not in _CHANGING_FORM]
        results = [node.output[0] for node in kept if _rounded(node.output[0], known)]
        self._original = _Results(first, results)
        self._converted = _Results(second, [_rounded(name, known) or name for name in results])
        self.steps = _steps([node for node in kept if node.output[0] in results], first.graph, names)

    def read(self, picture: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """See convert.diagnose.Activations."""
        return list(zip(self._original.run(picture), self._converted.run(picture)))


def _rounded(name: str, known: set[str]) -> str | None:
    """What a result is called in the integer file: rounded, if it is; None where it has gone into another operator."""
    return next((found for found in (name + _ROUNDED, name) if found in known), None)


def _steps(nodes: list[Any], graph: Any, names: LayerNames) -> tuple[Step, ...]:
    # A result may pass through nodes that are no steps, such as a Transpose.
    maker = {name: node for node in graph.node for name in node.output}
    places = {node.output[0]: place for place, node in enumerate(nodes)}
    ranks = {value.name: len(value.type.tensor_type.shape.dim) for value in graph.value_info}

    def sources(node: Any) -> list[int]:
        found = []
        for name in node.input:
            if name in places:
                found.append(places[name])
            elif name in maker:
                found += sources(maker[name])
        return found

    return tuple(
        Step(
            names.find(node.name),
            node.op_type,
            tuple(sources(node)),
            channel_axis=1 if ranks.get(node.output[0]) == _PICTURE_RANK else -1,
        )
        for node in nodes
    )


class _Results:
    """A file that gives the results named instead of its own."""

    def __init__(self, model: Any, names: list[str]) -> None:
        del model.graph.output[:]
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.log_severity_level = 4
        content = model.SerializeToString()
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._takes_bytes = self._session.get_inputs()[0].type == "tensor(uint8)"
        self._names = names

    def run(self, picture: np.ndarray) -> list[np.ndarray]:
        """As real numbers, float32, what is true or false (Greater) too."""
        values = picture if self._takes_bytes else picture.astype(np.float32)
        results = self._session.run(self._names, {INPUT: values[np.newaxis]})
        return [np.asarray(result, np.float32) for result in results]
