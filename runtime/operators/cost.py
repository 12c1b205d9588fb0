"""What a network costs, for one picture: multiply-accumulates, parameters, memory between its operators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import prod

from runtime.operators.graph import Graph, Operator, Tensor

QUANTIZING = ("QuantizeLinear", "DequantizeLinear")
# ONNX's that every runtime does together with the convolution before, in its place, as a TFLite file has them already.
_FUSED = ("Clip", "Relu", "BatchNormalization")
_COLOURS = 3
# What stores weights small and widens them before they are used.
_WIDENING = ("DEQUANTIZE", "DENSIFY", "DequantizeLinear", "Cast", "Mul")


def _product_with_kernel(operator: Operator) -> int:
    """CONV_2D (kernel: out x h x w x in) and FULLY_CONNECTED (out x in): each output value takes all but `out`."""
    return operator.outputs[0].size * prod(operator.inputs[1].shape[1:])


def _quantized_product_with_kernel(operator: Operator) -> int:
    """QLinearConv: picture, its scale and zero point, kernel."""
    return operator.outputs[0].size * prod(operator.inputs[3].shape[1:])


def _depthwise(operator: Operator) -> int:
    """The kernel is 1 x h x w x out."""
    return operator.outputs[0].size * prod(operator.inputs[1].shape[1:3])


def _transposed(operator: Operator) -> int:
    """TRANSPOSE_CONV: output shape, kernel (out x h x w x in), picture; each picture value goes into all but `in`."""
    return operator.inputs[2].size * prod(operator.inputs[1].shape[:-1])


def _transposed_onnx(operator: Operator) -> int:
    """ConvTranspose: picture, kernel (in x out x h x w)."""
    return operator.inputs[0].size * prod(operator.inputs[1].shape[1:])


def _matrix(operator: Operator) -> int:
    """Each output value sums over the last side of the first matrix."""
    return operator.outputs[0].size * (operator.inputs[0].shape or (1,))[-1]


MULTIPLYING: dict[str, Callable[[Operator], int]] = {
    "CONV_2D": _product_with_kernel,
    "FULLY_CONNECTED": _product_with_kernel,
    "DEPTHWISE_CONV_2D": _depthwise,
    "TRANSPOSE_CONV": _transposed,
    "BATCH_MATMUL": _matrix,
    "Conv": _product_with_kernel,
    "ConvTranspose": _transposed_onnx,
    "ConvInteger": _product_with_kernel,
    "Gemm": _matrix,
    "MatMul": _matrix,
    "MatMulInteger": _matrix,
    "QGemm": _matrix,
    "QLinearConv": _quantized_product_with_kernel,
    "QLinearMatMul": _matrix,
}


def count_macs(operator: Operator) -> int:
    """Multiply-accumulates of convolutions and matrix products; what others compute is little, and counts as none."""
    count = MULTIPLYING.get(operator.kind)
    return count(operator) if count else 0


def count_parameters(graph: Graph) -> int:
    """Constants that the network computes with: weights, biases, factors. Shapes, axes, scales are none."""
    widened = {operator.outputs[0].name: operator.inputs[0] for operator in graph.operators if _widens(operator)}
    counted = {}
    for operator in graph.operators:
        if operator.kind in QUANTIZING or _widens(operator):
            continue
        for tensor in operator.inputs:
            stored = _follow(widened, tensor)
            # A single number is a scale or zero point to what multiplies, and a factor to what does not.
            counts = stored.shape != () if operator.kind in MULTIPLYING else _is_real(stored, tensor)
            if stored.is_constant and counts:
                counted[stored.name] = stored.size // _repeated(operator, stored)
    return sum(counted.values())


def _repeated(operator: Operator, constant: Tensor) -> int:
    """How often a constant has the same numbers: one for each colour, for a row of pixels (convert.tflite_rows)."""
    is_row = len(constant.shape) == 4 and constant.shape[:2] == (1, 1) and constant.shape[3] == _COLOURS
    return constant.shape[2] if is_row and operator.kind not in MULTIPLYING else 1


def _widens(operator: Operator) -> bool:
    return operator.kind in _WIDENING and all(tensor.is_constant for tensor in operator.inputs)


def _follow(widened: dict[str, Tensor], tensor: Tensor) -> Tensor:
    while tensor.name in widened:
        tensor = widened[tensor.name]
    return tensor


def _is_real(stored: Tensor, used: Tensor) -> bool:
    return stored.is_quantized or used.dtype.startswith("float")


def measure_peak_bytes(graph: Graph) -> int:
    """The most bytes of pictures and activations that are needed at once, one operator after the other.

    It is what a plan without waste needs (the arena of TFLite Micro, for example). A runtime on a large
    processor takes more: for scratch, and for weights in another layout.
    """
    alias = _find_aliases(graph)
    steps = _find_activations(graph, alias)
    sizes: dict[str, int] = {}
    last: dict[str, int] = {}
    for place, step in enumerate(steps):
        for name, size in step:
            sizes[name], last[name] = min(size, sizes.get(name, size)), place
    last |= {_root(alias, tensor.name): len(steps) for tensor in graph.outputs}
    held = {tensor.name for tensor in graph.inputs if tensor.name in sizes}
    total = peak = sum(sizes[name] for name in held)
    for place, step in enumerate(steps):
        present = {name for name, _ in step}
        total += sum(sizes[name] for name in present - held)
        peak = max(peak, total)
        done = {name for name in present if last[name] == place}
        total -= sum(sizes[name] for name in done)
        held |= present
        held -= done
    return peak


def _find_activations(graph: Graph, alias: dict[str, str]) -> list[list[tuple[str, int]]]:
    """Name and bytes of what each operator takes and gives, but for what follows from constants alone: that is made
    once, before the first picture.
    """
    folded: set[str] = set()
    steps = []
    for operator in graph.operators:
        if all(tensor.is_constant or tensor.name in folded for tensor in operator.inputs):
            folded |= {tensor.name for tensor in operator.outputs}
        held = [tensor for tensor in (*operator.inputs, *operator.outputs) if not tensor.is_constant]
        steps.append([(_root(alias, tensor.name), tensor.bytes) for tensor in held if tensor.name not in folded])
    return steps


def _find_aliases(graph: Graph) -> dict[str, str]:
    """An activation that is rounded and widened again (QDQ), or that only goes on clipped, is one."""
    takers = Counter(tensor.name for operator in graph.operators for tensor in operator.inputs)
    return {
        operator.outputs[0].name: operator.inputs[0].name
        for operator in graph.operators
        if operator.kind in QUANTIZING or (operator.kind in _FUSED and takers[operator.inputs[0].name] == 1)
    }


def _root(alias: dict[str, str], name: str) -> str:
    while name in alias:
        name = alias[name]
    return name
