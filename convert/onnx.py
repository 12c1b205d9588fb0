"""ONNX by tf2onnx: pictures stay height x width x channels, the batch is open unless the network's is not."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tf2onnx

from convert.failure import explain_failure
from convert.network import Network
from convert.observer import Observer
from convert.onnx_graph import keep_used_domains, settle_names
from convert.onnx_int8 import quantize_onnx
from convert.onnx_reshapes import drop_reshapes
from convert.onnx_rows import spread_over_rows
from convert.onnx_shapes import note_shapes
from convert.onnx_weights import shrink_weights
from convert.recipes import Recipe
from runtime.errors import ConversionError

OPSET = 17
_COLLECTION_SECONDS = 0.2


def write_onnx(
    network: Network, recipe: Recipe, calibration: np.ndarray, path: Path, observer: Observer
) -> tuple[str, ...]:
    """A convert.formats.Writer."""
    model = export_onnx(network)
    tools: tuple[str, ...] = (f"tf2onnx {tf2onnx.__version__}",)
    if recipe.is_integer:
        with explain_failure(f"onnxruntime cannot quantize {network.card.name}"):
            model, quantizer = quantize_onnx(model, network, recipe, calibration, observer)
        tools += (quantizer, *recipe.remarks)
    elif not recipe.is_lossless:
        shrink_weights(model, recipe)
    with explain_failure(f"the ONNX file of {network.card.name} is not valid"):
        note_shapes(model)
        onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    return tools


def export_onnx(network: Network) -> Any:
    """The float32 network as an onnx.ModelProto: `image` in, `scores` out."""
    with explain_failure(f"tf2onnx {tf2onnx.__version__} cannot convert {network.card.name}"), _eager_collection():
        frozen = _freeze(network)
        model, _ = tf2onnx.convert.from_graph_def(
            _allow_inlining(frozen.graph.as_graph_def(add_shapes=True)),
            input_names=[tensor.name for tensor in frozen.inputs],
            output_names=[tensor.name for tensor in frozen.outputs],
            opset=OPSET,
            custom_op_handlers={"Erfc": (_write_erfc, [])},
        )
    _require_known_operators(model.graph, network.card.name)
    drop_reshapes(model)
    settle_names(model.graph, network.batch)
    spread_over_rows(model.graph, network.card.input.width, network.card.input.channels)
    keep_used_domains(model)
    return model


def _require_known_operators(graph: Any, name: str) -> None:
    """Raise ConversionError for operators of TensorFlow alone, which tf2onnx leaves as they are."""
    missing = sorted({node.op_type for node in graph.node if not (node.domain or onnx.defs.has(node.op_type))})
    if missing:
        raise ConversionError(
            f"ONNX has no operator {', '.join(missing)}, which {name} computes; "
            "build the network of other layers and train it again"
        )


def _allow_inlining(graph: Any) -> Any:
    """A GraphDef, changed in place, in which no function is kept apart for XLA.

    Keras calls one for each grouped convolution, which tf2onnx does not look into, and TensorFlow does not inline.
    """
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    for marked in (*nodes, *graph.library.function):
        for mark in ("_XlaMustCompile", "_noinline"):
            marked.attr.pop(mark, None)
    return graph


def _write_erfc(graph: Any, node: Any, name: str, _: object) -> None:
    """As 1 - Erf: Keras computes GELU by Erfc, which ONNX does not have."""
    node.type = "Erf"
    one = graph.make_const(f"{name}/one", np.ones((), np.float32))
    value = node.output[0]
    graph.insert_new_node_on_output("Sub", value, f"{name}/complement", [one.output[0], value])


def _freeze(network: Network) -> Any:
    """A TensorFlow function of the picture alone, whose weights are constants.

    tf2onnx's own `from_function` takes the constants that a function captured, such as the mean and the variance of
    a Normalization layer, for further inputs.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    traced = network.trace(network.batch).get_concrete_function()
    return convert_variables_to_constants_v2(traced, lower_control_flow=False, aggressive_inlining=True)


@contextlib.contextmanager
def _eager_collection() -> Iterator[None]:
    """Let Python collect garbage a few times a second, looking at new objects only.

    tf2onnx drops a copy of all weights, in a reference cycle, at each of its 24 passes. Python itself looks for cycles
    when there are many new objects, of which a large network has no more than a small one.
    """
    ended = threading.Event()

    def collect() -> None:
        while not ended.wait(_COLLECTION_SECONDS):
            gc.collect()

    gc.collect()
    gc.freeze()
    collector = threading.Thread(target=collect, name="garbage", daemon=True)
    collector.start()
    try:
        yield
    finally:
        ended.set()
        collector.join()
        gc.unfreeze()
