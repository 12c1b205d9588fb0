"""Which Keras layers the operators of a converted file were made of, by the operators' names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any

from runtime.errors import UsageError

# When TensorFlow traces a network, Keras opens the scope of every layer twice: its operators are in the second one.
_SCOPE = re.compile(r"(.+)_\d+$")
_LIKELY = 5


class LayerNames:
    """The layers of a network, and of the networks inside it, by name."""

    def __init__(self, model: Any) -> None:
        layers = list(_flatten(model))
        self.names = tuple(dict.fromkeys(layer.name for layer in layers))
        self._computing = {layer.name for layer in layers if hasattr(layer, "kernel")}

    def find(self, operator: str) -> tuple[str, ...]:
        """The layers in an operator's name, `net_1/conv2d_1/Conv2D;net_1/relu_1/Relu`: those with weights first.

        There may be none: some operators are named by the converter.
        """
        found = dict.fromkeys(name for part in operator.split(";") for name in self._deepest(part))
        return tuple(sorted(found, key=lambda name: name not in self._computing))

    def check(self, chosen: Iterable[str], found: Iterable[str]) -> None:
        """Raise UsageError unless all layers chosen for float32 are among those found in the file."""
        known = set(found)
        for name in chosen:
            if name not in known:
                there = [layer for layer in self.names if layer in known]
                likely = difflib.get_close_matches(name, there, n=_LIKELY, cutoff=0) or there[:_LIKELY]
                raise UsageError(
                    f"--keep-float {name}: the file has no operator of such a layer; of its {len(there)} layers these "
                    f"have names most like it: {', '.join(likely)}"
                )

    def _deepest(self, path: str) -> list[str]:
        for scope in reversed(path.split("/")):
            match = _SCOPE.match(scope)
            if match and match[1] in self.names:
                return [match[1]]
        return []


def _flatten(model: Any) -> Iterator[Any]:
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from _flatten(layer)
