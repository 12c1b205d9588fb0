"""Value objects as JSON and back: a frozen dataclass is an object of its fields, a tuple is a list."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from collections.abc import Sequence
from typing import Any, TypeVar

from runtime.card import ModelCard

T = TypeVar("T")


def to_json(value: object) -> str:
    """One line of JSON, without a copy of what may be a million raw times."""
    return json.dumps(value, default=_fields, ensure_ascii=False)


def _fields(value: Any) -> dict[str, Any]:
    if isinstance(value, ModelCard):
        return dict(json.loads(value.to_json()))
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def read_value(kind: type[T], fields: Any) -> T:
    """The dataclass from its JSON form. Raises ValueError, TypeError, KeyError or EdgeframeError for anything else."""
    return typing.cast(T, _read(kind, fields))


def _read(kind: Any, value: Any) -> Any:
    if kind is ModelCard:
        return ModelCard.from_json(json.dumps(value))
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        if not isinstance(value, dict):
            raise ValueError(f"{type(value).__name__} in place of {kind.__name__}")
        types_of = _types(kind)
        return kind(**{name: _read(types_of[name], part) for name, part in value.items()})
    if isinstance(kind, types.UnionType):  # something, or None
        return None if value is None else _read(typing.get_args(kind)[0], value)
    if typing.get_origin(kind) is tuple:
        item = typing.get_args(kind)[0]
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"{type(value).__name__} in place of a list")
        if item not in _SCALARS:
            return tuple(_read(item, part) for part in value)
        _check_scalars(item, value)  # raw times are many
        return tuple(value)
    if kind in _SCALARS:
        _check_scalars(kind, (value,))
    return value


# What JSON has for each; a bool is an int only in Python.
_SCALARS: dict[Any, tuple[type, ...]] = {float: (float, int), int: (int,), str: (str,), bool: (bool,)}


def _check_scalars(kind: type, values: Sequence[Any]) -> None:
    found = {type(value) for value in values}
    if wrong := found.difference(_SCALARS[kind]):
        raise ValueError(f"{wrong.pop().__name__} in place of {kind.__name__}")
    if float in found and not all(map(math.isfinite, values)):
        raise ValueError("a figure that is no finite number")


@functools.cache
def _types(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
