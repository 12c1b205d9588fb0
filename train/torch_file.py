"""Reading the weights in a legacy torch.save file (the form before PyTorch 1.6's zip), without torch.

The file is five pickles - a magic number, the protocol's version, facts about the machine, the object, the keys
of its storages - and then each storage: its count as int64 and its values, little-endian
(https://github.com/pytorch/pytorch/blob/v1.13.1/torch/serialization.py, `_legacy_save`).
A pickle can run whatever code it names: this reader lets through only what a dict of weights names.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib.stride_tricks import as_strided

from runtime.errors import ModelError

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass(frozen=True)
class _Storage:
    """A run of `count` values that the file holds under `key`."""

    dtype: np.dtype
    key: str
    count: int


@dataclass(frozen=True)
class _Tensor:
    """A part of a storage: its first value, and for each axis its length and the step between its values."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]

    def take(self, values: np.ndarray) -> np.ndarray:
        last = self.offset + sum((length - 1) * step for length, step in zip(self.shape, self.steps, strict=True))
        if not all(length > 0 and step >= 0 for length, step in zip(self.shape, self.steps, strict=True)):
            raise ValueError(f"a tensor of shape {self.shape} has the steps {self.steps}")
        if not 0 <= self.offset <= last < len(values):
            raise ValueError(f"a tensor ends after its storage {self.storage.key}")
        byte_steps = [step * values.itemsize for step in self.steps]
        return np.array(as_strided(values[self.offset :], self.shape, byte_steps, writeable=False))


def read_state(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a state dict by name: float32 or int64.

    Raises ModelError: the file is missing, damaged, of another form, or names anything but weights.
    """
    try:
        with path.open("rb") as file:
            return _read(file)
    except (OSError, pickle.UnpicklingError, EOFError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path}: is no legacy torch.save file of weights ({error}); install its package again"
        ) from None


def _read(file: BinaryIO) -> dict[str, np.ndarray]:
    if [_load(file), _load(file)] != [_MAGIC, _PROTOCOL]:
        raise ValueError("its first bytes are others")
    _load(file)
    tensors, keys = _load(file), _load(file)
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    values = {key: _read_values(file, storages[key]) for key in keys}
    return {name: tensor.take(values[tensor.storage.key]) for name, tensor in tensors.items()}


def _load(file: BinaryIO) -> Any:
    return _WeightsOnly(file).load()


def _read_values(file: BinaryIO, storage: _Storage) -> np.ndarray:
    count = int.from_bytes(file.read(8), "little")
    content = file.read(storage.count * storage.dtype.itemsize)
    if count != storage.count or len(content) != count * storage.dtype.itemsize:
        raise ValueError(f"storage {storage.key} is not whole")
    return np.frombuffer(content, storage.dtype)


def _rebuild_tensor(storage: _Storage, offset: int, shape: tuple[int, ...], steps: tuple[int, ...], *_: Any) -> _Tensor:
    """Stands for torch._utils._rebuild_tensor_v2."""
    return _Tensor(storage, offset, shape, steps)


class _WeightsOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        raise pickle.UnpicklingError(f"it names {module}.{name}")

    def persistent_load(self, saved: Any) -> _Storage:
        _, dtype, key, _, count, _ = saved
        return _Storage(dtype, key, count)
