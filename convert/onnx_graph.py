"""Tidying an ONNX graph, so that the same network is the same bytes and every reader takes them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

INPUT = "image"
# The second one where the network was given a class activation map.
OUTPUTS = ("scores", "cam")
ROUNDING = ("QuantizeLinear", "DequantizeLinear")
# Holds the weights of a recurrent layer in a graph of its own, where they stay float32.
LOOP = "Loop"
# Each of them has weights of its own.
_UNEQUALLED = (LOOP, "Conv", "Gemm", "MatMul")
# A number that counts up, and the function that a loop was before, whose name has one.
_COUNTER = re.compile(r"^.*_frozen_\d+_|__\d+$")


def settle_names(graph: Any, batch: int | None) -> None:
    """Name and place everything by what needs it in a GraphProto of one input and at most two outputs, in place.

    A batch of None is open.

    What tf2onnx calls things, and sorts them by, counts up within a process and follows Python's hash order, so that
    the same network would give other bytes every time.
    """
    graph.doc_string = ""
    # From the inside out: a node that is placed anew is a copy, with the graphs inside it.
    for part in reversed((graph, *_list_bodies(graph))):
        _settle_copies(part)
        _settle_order(part)
    (taken,) = graph.input
    names, stems = {taken.name: INPUT}, Counter[str]()
    for number, body in enumerate(_list_bodies(graph), 1):
        body.name = f"body{number}"
        names.update({value.name: f"{body.name}.{position}" for position, value in enumerate(body.input)})
        for side in (side for value in (*body.input, *body.output) for side in value.type.tensor_type.shape.dim):
            side.ClearField("dim_param")  # an open one, by a number that counts up
    nodes = [node for part in (graph, *_list_bodies(graph)) for node in part.node]
    has_loops = any(node.op_type == LOOP for node in nodes)
    for node in nodes:
        # Which of several equal operators is left beside loops, and so its name, is a matter of hash order.
        is_one_of_equals = has_loops and node.op_type not in _UNEQUALLED
        stem = node.op_type if is_one_of_equals else _COUNTER.sub("", node.name)
        stems[stem] += 1
        node.name = stem if stems[stem] == 1 else f"{stem}/{stems[stem]}"
        if not node.domain:
            node.ClearField("domain")  # some name it, to say that they are of the standard
        names.update({value: f"{node.name}:{position}" for position, value in enumerate(node.output)})
    names.update({given.name: name for given, name in zip(graph.output, OUTPUTS)})
    for node in nodes:
        for position, value in enumerate(node.input):
            names.setdefault(value, f"{node.name}.{position}" if value else "")
    _rename(graph, names)
    for value in (taken, *graph.output):
        size = value.type.tensor_type.shape.dim[0]
        size.Clear()
        if batch is None:
            size.dim_param = "batch"
        else:
            size.dim_value = batch


def _settle_copies(graph: Any) -> None:
    """Of two outputs that are the same value, the first one is that value, and the second its copy."""
    outputs = {value.name: value for value in graph.output}
    places = {name: place for place, name in enumerate(outputs)}
    for node in graph.node:
        if node.op_type == "Identity" and places.get(node.output[0], len(places)) < places.get(node.input[0], -1):
            outputs[node.output[0]].name, outputs[node.input[0]].name = node.input[0], node.output[0]


def _settle_order(graph: Any) -> None:
    """Each node behind those that it needs, as the outputs need them one after the other; the others are dropped, and
    the weights that only they need."""
    nodes = list(graph.node)
    makers = {name: number for number, node in enumerate(nodes) for name in node.output if name}
    placed: dict[int, None] = {}
    pending = [value.name for value in reversed(graph.output)]
    while pending:
        number = makers.get(pending[-1])
        needed = [] if number is None or number in placed else _list_taken(nodes[number])
        missing = [name for name in needed if name in makers and makers[name] not in placed]
        pending += reversed(missing)
        if not missing:
            pending.pop()
            if number is not None:
                placed[number] = None
    ordered = [nodes[number] for number in placed]
    taken = {name for node in ordered for name in _list_taken(node)} | {value.name for value in graph.output}
    weights = [weight for weight in graph.initializer if weight.name in taken]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(ordered)
    graph.initializer.extend(weights)


def _list_taken(node: Any) -> list[str]:
    """The values that a node takes, the graphs inside it, too."""
    taken = list(node.input)
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            taken += [name for inner in attribute.g.node for name in _list_taken(inner)]
            taken += [value.name for value in attribute.g.output]
    return taken


def _list_bodies(graph: Any) -> Iterator[Any]:
    """The graphs inside its nodes, as the body of a loop. They take what is computed around them, by its name."""
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield attribute.g
                yield from _list_bodies(attribute.g)


def _rename(graph: Any, names: dict[str, str]) -> None:
    for part in (graph, *_list_bodies(graph)):
        for value in (*part.input, *part.output, *part.initializer):
            value.name = names.get(value.name, value.name)
        for node in part.node:
            node.input[:] = [names.get(value, value) for value in node.input]
            node.output[:] = [names.get(value, value) for value in node.output]
        weights = sorted(part.initializer, key=lambda weight: weight.name)
        del part.initializer[:], part.value_info[:]
        part.initializer.extend(weights)


def share_constants(graph: Any) -> None:
    """Keep equal constants of an integer GraphProto once, and name them, what they widen to, and integers between two
    nodes by number, in place.

    onnxruntime gives each constant a name as long as those of all the nodes that it was fused from: together they were
    much of a small file. What is widened again keeps its long name, by which it is compared with that of the original
    (convert.diagnose_onnx). Weights and their zero points stay apart: with exact products (runtime.backends.
    onnx_products) onnxruntime makes other ones of each, and fails where one is there a second time.
    """
    held = {weight.name: weight for weight in graph.initializer}
    given = {value.name for value in graph.output}
    kept: dict[tuple[int, tuple[int, ...], bytes, str], Any] = {}
    names: dict[str, str] = {}
    for node in graph.node:
        for value in (value for value in node.input if value in held and value not in names):
            values = numpy_helper.to_array(held[value])
            own = value if values.dtype == np.int8 else ""
            weight = kept.setdefault((held[value].data_type, values.shape, values.tobytes(), own), held[value])
            names[value] = names.setdefault(weight.name, f"c{len(kept)}")
        if node.op_type in ROUNDING:
            node.name = ""
            if node.input[0] in held:
                names[node.output[0]] = f"w{len(names)}"
            elif node.op_type == "QuantizeLinear" and node.output[0] not in given:
                names[node.output[0]] = f"q{len(names)}"
    del graph.initializer[:]
    graph.initializer.extend(kept.values())
    _rename(graph, names)


def keep_used_domains(model: Any) -> None:
    """Drop the operator sets that no node of a ModelProto is of, and what tools note about themselves, in place.

    Readers refuse sets that they do not know, whether or not a node needs them.
    """
    used = {node.domain for node in model.graph.node}
    kept = [entry for entry in model.opset_import if entry.domain in used]
    del model.opset_import[:], model.metadata_props[:]
    model.opset_import.extend(kept)
