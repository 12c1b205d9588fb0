"""A Keras network as the list of its layers in the order that they are computed in, to run them one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_BATCH = 16  # pictures that go through a layer at a time


@dataclass(frozen=True)
class LayerStep:
    """A layer of the network. inputs, readers: the numbers of the steps whose results it takes, and that take its own.

    layer: None for the picture that goes in.
    """

    layer: Any
    inputs: tuple[int, ...]
    readers: tuple[int, ...]

    @property
    def kind(self) -> str:
        """The name of the layer's class."""
        return type(self.layer).__name__

    def run(self, given: Sequence[np.ndarray]) -> np.ndarray:
        """What the layer makes of its inputs, count first, float32, once the network has learnt."""
        batches = range(0, len(given[0]), _BATCH)
        return np.concatenate([self._call([value[start : start + _BATCH] for value in given]) for start in batches])

    def _call(self, given: list[np.ndarray]) -> np.ndarray:
        (node,) = self.layer._inbound_nodes
        taken = {id(tensor): value for tensor, value in zip(node.input_tensors, given)}
        arguments, named = node.arguments.fill_in(taken)
        # Layers that augment take it for True.
        if getattr(self.layer, "_call_has_training_arg", False):
            named["training"] = False
        result: np.ndarray = np.asarray(self.layer(*arguments, **named), np.float32)
        return result


def list_steps(model: Any) -> tuple[LayerStep, ...]:
    """The steps of a Keras model; none for one with a layer that is used twice, has several results or is a network."""
    import keras

    operations = keras.Model(model.inputs, model.outputs).operations
    if any(len(operation._inbound_nodes) != 1 or hasattr(operation, "layers") for operation in operations):
        return ()
    nodes = [operation._inbound_nodes[0] for operation in operations]
    if any(len(node.output_tensors) != 1 for node in nodes):
        return ()
    maker = {id(tensor): number for number, node in enumerate(nodes) for tensor in node.output_tensors}
    inputs = [tuple(maker[id(tensor)] for tensor in node.input_tensors) for node in nodes]
    readers: list[list[int]] = [[] for _ in nodes]
    for number, makers in enumerate(inputs):
        for one in makers:
            readers[one].append(number)
    return tuple(
        LayerStep(operation if taken else None, taken, tuple(taking))
        for operation, taken, taking in zip(operations, inputs, readers)
    )


def is_relu(step: LayerStep) -> bool:
    """Whether it is a rectifier, capped or not, that the formats compute together with the layer before it."""
    activation = step.layer.get_config().get("activation") if step.kind == "Activation" else None
    return step.kind == "ReLU" or activation in ("relu", "relu6")
