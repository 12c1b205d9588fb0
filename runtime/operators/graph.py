"""The operators of a model file and the tensors between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Bytes of a value, for those dtypes that a classifier's file has; a string has no fixed size and counts as none.
DTYPE_BYTES = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2,
    "int64": 8, "int32": 4, "int16": 2, "int8": 1, "int4": 0.5,
    "uint64": 8, "uint32": 4, "uint16": 2, "uint8": 1, "bool": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Tensor:
    """shape: sides that a file leaves open count as 1, as for one picture. dtype: a numpy name, `int8`.

    is_constant: its values lie in the file. is_quantized: its integers stand for real numbers.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    is_constant: bool
    is_quantized: bool = False

    @property
    def size(self) -> int:
        """How many values it has."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        return math.ceil(self.size * DTYPE_BYTES.get(self.dtype, 0))


@dataclass(frozen=True)
class Operator:
    """kind: as the format calls it, `CONV_2D` or `Conv`. inputs, outputs: its tensors; an input left out is missing."""

    kind: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True)
class Graph:
    """The operators in the order in which they run, and the tensors that go in and come out."""

    operators: tuple[Operator, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True)
class Link:
    """An operator by names alone. taken: what it takes, but for constants. given: what it gives."""

    kind: str
    taken: tuple[str, ...]
    given: tuple[str, ...]
