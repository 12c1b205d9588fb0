"""Whether a TFLite file is what its recipe says, judged by the dtypes of its tensors."""

from __future__ import annotations

from collections.abc import Sequence

from convert.failure import LeftInFloatError
from convert.layers import LayerNames
from convert.recipes import Recipe
from convert.tflite_file import Tensor, TfliteGraph, read_graph
from runtime.errors import ConversionError

_BYTE_SCALE = 1.0
# A probability is 0..1, so 256 levels of 1/256: https://ai.google.dev/edge/litert/models/quantization_spec
_PROBABILITY_SCALE = 1 / 256
# TensorFlow's converter rounds no smaller weights unless activations are rounded too: it would gain nothing.
_SMALLEST_ALONE = 1024
# Layers in a message.
_NAMED = 5


def check_tensors(content: bytes, recipe: Recipe, scores: str, names: LayerNames) -> None:
    """Raise ConversionError unless the tensors of a TFLite file are what the recipe's name says.

    It is a LeftInFloatError where the file can be had with some layers in float32. scores: of the card; probabilities
    that come out as bytes have levels of 1/256. names: of the network's layers.
    """
    graph = read_graph(content)
    # A class activation map may follow the scores.
    (taken,), (given, *maps) = graph.inputs, graph.outputs
    _require(taken.dtype == recipe.pictures, f"it takes {taken.dtype}, expected {recipe.pictures}")
    _require(given.dtype == recipe.pictures, f"it gives {given.dtype}, expected {recipe.pictures}")
    _check_layers(graph, recipe)
    if not recipe.is_integer:
        return
    if not recipe.keep_float:
        given_and_taken = (taken, given, *maps)
        _require_integers([tensor for tensor in graph.tensors if tensor not in given_and_taken], recipe, names)
    if recipe.pictures == "uint8":
        _require_scale("input", taken, _BYTE_SCALE)
        if scores != "logits":
            _require_scale("output", given, _PROBABILITY_SCALE)


def _require_integers(tensors: Sequence[Tensor], recipe: Recipe, names: LayerNames) -> None:
    floats = [tensor.name for tensor in tensors if tensor.dtype == "float32"]
    layers = tuple(dict.fromkeys(layer for tensor in floats for layer in names.find(tensor)))
    found = layers or tuple(floats)
    named = ", ".join([*found[:_NAMED], *["..."] * (len(found) > _NAMED)])
    complaint = f"{len(floats)} of its tensors stayed float32, of {named}"
    if layers and recipe.activations == "int8":
        raise LeftInFloatError(_complain(complaint, f"--keep-float {','.join(layers)} or "), layers)
    _require(not floats, complaint)


def _check_layers(graph: TfliteGraph, recipe: Recipe) -> None:
    smallest = 1 if recipe.is_integer or recipe.weights != "int8" else _SMALLEST_ALONE
    large = [layer for layer in graph.layers if layer.weights.size >= smallest]
    _require(bool(large), f"no layer has the {smallest} weights from which on they are stored as {recipe.weights}")
    for layer in large:
        name, weights, result = layer.weights.name, layer.weights.dtype, layer.result.dtype
        if recipe.keep_float and weights == result == "float32":
            continue
        _require(weights == recipe.weights, f"the weights {name} are {weights}, expected {recipe.weights}")
        _require(result == recipe.activations, f"layer {name} gives {result}, expected {recipe.activations}")


def _require_scale(name: str, tensor: Tensor, scale: float) -> None:
    received = (tensor.scale, tensor.zero_point)
    _require(received == (scale, 0), f"{name} scale and zero point are {received}, expected {scale} and 0")


def _require(condition: bool, complaint: str) -> None:
    if not condition:
        raise ConversionError(_complain(complaint))


def _complain(complaint: str, remedy: str = "") -> str:
    return f"the TFLite file is not what its recipe says: {complaint}; choose {remedy}--recipe float32"
