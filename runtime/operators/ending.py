"""What gives a network's scores: of one that ends in a plain sum they are no probabilities, whatever they are like."""

from __future__ import annotations

from pathlib import Path

from runtime.errors import ModelError
from runtime.operators.cost import MULTIPLYING
from runtime.operators.graph import Link
from runtime.operators.onnx import read_links
from runtime.operators.tflite import read_tflite

# What leaves the values as they are, but for rounding, a bias, and a scale, as of the mean of two heads.
_ARRANGING = {
    *("ADD", "DEQUANTIZE", "DIV", "MUL", "QUANTIZE", "RESHAPE", "SQUEEZE"),
    *("Add", "Cast", "DequantizeLinear", "Div", "Flatten", "Identity", "Mul", "QuantizeLinear", "Reshape", "Squeeze"),
}


def ends_in_sum(path: Path) -> bool:
    """Whether the first output of a `.tflite` or `.onnx` is a product with weights. False for what cannot be read."""
    try:
        links, output = read_links(path) if path.suffix == ".onnx" else _read_tflite(path)
    except (ModelError, IndexError, OverflowError):
        return False
    makers = {name: link for link in links for name in link.given}
    for _ in links:
        link = makers.get(output)
        if link is None or link.kind in MULTIPLYING:
            return link is not None
        if link.kind not in _ARRANGING or not link.taken:
            return False
        output = link.taken[0]
    return False


def _read_tflite(path: Path) -> tuple[tuple[Link, ...], str]:
    graph = read_tflite(path)
    links = tuple(
        Link(
            operator.kind,
            tuple(tensor.name for tensor in operator.inputs if not tensor.is_constant),
            tuple(tensor.name for tensor in operator.outputs),
        )
        for operator in graph.operators
    )
    return links, graph.outputs[0].name
