"""What gives a network's scores: of one that ends in a plain sum they are no probabilities, whatever they are like."""

from __future__ import annotations

from pathlib import Path

from runtime.errors import ModelError
from runtime.operators.cost import MULTIPLYING
from runtime.operators.graph import Step
from runtime.operators.onnx import read_steps
from runtime.operators.tflite import read_tflite

# What leaves the values as they are, but for rounding and a bias.
_ARRANGING = {
    *("ADD", "DEQUANTIZE", "QUANTIZE", "RESHAPE", "SQUEEZE"),
    *("Add", "Cast", "DequantizeLinear", "Flatten", "Identity", "QuantizeLinear", "Reshape", "Squeeze"),
}


def ends_in_sum(path: Path) -> bool:
    """Whether the first output of a `.tflite` or `.onnx` is a product with weights. False for what cannot be read."""
    try:
        steps, output = read_steps(path) if path.suffix == ".onnx" else _read_tflite(path)
    except (ModelError, IndexError, OverflowError):
        return False
    makers = {name: step for step in steps for name in step.given}
    for _ in steps:
        step = makers.get(output)
        if step is None or step.kind in MULTIPLYING:
            return step is not None
        if step.kind not in _ARRANGING or not step.taken:
            return False
        output = step.taken[0]
    return False


def _read_tflite(path: Path) -> tuple[tuple[Step, ...], str]:
    graph = read_tflite(path)
    steps = tuple(
        Step(
            operator.kind,
            tuple(tensor.name for tensor in operator.inputs if not tensor.is_constant),
            tuple(tensor.name for tensor in operator.outputs),
        )
        for operator in graph.operators
    )
    return steps, graph.outputs[0].name
