"""A Keras network as one list of layers that take and compute float32, whatever it was saved as."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

_SMALL_FLOATS = ("float16", "bfloat16")


def make_plain(model: Any) -> Any:
    """A network of the same scores, with the layers of networks inside it in their place; itself where it is so.

    A network that was adopted, or built on one of keras.applications, has it inside as one layer. A Sequential calls
    its layers several times while it is built, so that each has several places. Layers that augment are left out.
    TFLite has no float16 or bfloat16 products. An input of integers casts what it is given, and no integer file has
    that.
    """
    is_list = _inner_network(model) is model and not any(
        _inner_network(layer) or _augments(layer) for layer in model.layers
    )
    takes_float32 = all(picture.dtype == "float32" for picture in model.inputs)
    if takes_float32 and is_list and all(_is_float32(layer) for layer in model._flatten_layers()):
        return model
    # Layers of the new network that were called for the old one would have two places each: so they are built anew.
    return _build_anew(model if is_list else _inline(model))


def _inline(model: Any) -> Any:
    import keras

    (taken,) = model.inputs
    picture = keras.Input(batch_shape=taken.shape, dtype="float32", name=taken.name)
    _name_apart(model)
    return keras.Model(picture, _call_layers(model, picture), name=model.name)


def _inner_network(layer: Any) -> Any:
    """A layer that is a network, as the graph of its layers; None for any other."""
    found = getattr(layer, "_functional", layer)
    return found if hasattr(found, "_run_through_graph") else None


def _augments(layer: Any) -> bool:
    """Whether it changes pictures at random while the network learns, and leaves them as they are once it has."""
    kind = type(layer).__name__
    return kind.startswith("Random") and kind != "RandomCrop"  # which then crops to the middle


def _is_float32(layer: Any) -> bool:
    return bool(layer.compute_dtype == layer.variable_dtype == "float32")


def _call_layers(network: Any, given: Any, **_: Any) -> Any:
    return _inner_network(network)._run_through_graph(given, _call_of)


def _call_of(layer: Any) -> Any:
    if _augments(layer):
        return lambda picture, **_: picture
    return partial(_call_layers, layer) if _inner_network(layer) else layer


def _name_apart(network: Any) -> None:
    """In one network no two layers have the same name."""
    known: dict[str, Any] = {}
    pending = [_inner_network(network)]
    while pending:
        for operation in pending.pop(0).operations:
            while known.setdefault(operation.name, operation) is not operation:
                operation.name += "_inner"
            if _inner_network(operation):
                pending.append(_inner_network(operation))


def _build_anew(model: Any) -> Any:
    built = type(model).from_config(_widen(model.get_config()))
    for layer, new in zip(model._flatten_layers(), built._flatten_layers()):
        held: dict[str, Any] = {}
        layer.save_own_variables(held)
        if held:
            new.load_own_variables({name: np.asarray(value) for name, value in held.items()})
    return built


def _widen(config: Any) -> Any:
    """A configuration whose inputs and small floats are float32."""
    if isinstance(config, dict):
        is_input = "batch_shape" in config
        return {
            key: "float32" if key == "dtype" and (is_input or _is_small(value)) else _widen(value)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(_widen(value) for value in config)
    return config


def _is_small(dtype: Any) -> bool:
    name = dtype["config"].get("name") if isinstance(dtype, dict) and "config" in dtype else dtype
    return isinstance(name, str) and name.removeprefix("mixed_") in _SMALL_FLOATS
