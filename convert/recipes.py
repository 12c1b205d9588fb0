"""The recipes: how the numbers of a network are stored in a converted file."""

from __future__ import annotations

from dataclasses import dataclass

FLOAT_TYPES = ("float16", "float32")
INTEGER_TYPES = ("int8", "int16")


@dataclass(frozen=True)
class Recipe:
    """A recipe's name decodes itself: `float32` is float32 all through, `int8` is integer all through.

    weights, activations: their dtype in the file. needs_calibration: whether the range of each activation
    has to be measured on real pictures, which is so exactly where activations are integers.
    formats: those that have it.

    Raises ValueError, when made, for a combination that cannot be.
    """

    name: str
    weights: str
    activations: str
    needs_calibration: bool
    formats: tuple[str, ...] = ("tflite", "onnx")

    def __post_init__(self) -> None:
        known = FLOAT_TYPES + INTEGER_TYPES
        if self.weights not in known or self.activations not in known:
            raise ValueError(f"recipe {self.name}: weights and activations are one of {', '.join(known)}")
        if self.needs_calibration != self.is_integer:
            raise ValueError(f"recipe {self.name}: {self.activations} activations contradict needs_calibration")

    @property
    def is_integer(self) -> bool:
        return self.activations in INTEGER_TYPES


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("float32", weights="float32", activations="float32", needs_calibration=False),
        # Fully integer: camera bytes (uint8) go in as they are, whatever the format.
        Recipe("int8", weights="int8", activations="int8", needs_calibration=True),
    )
}
