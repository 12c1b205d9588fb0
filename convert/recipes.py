"""The recipes: how the numbers of a network are stored in a converted file."""

from __future__ import annotations

from dataclasses import dataclass

FLOAT_TYPES = ("float16", "float32")
INTEGER_TYPES = ("int8", "int16")
PICTURE_TYPES = ("float32", "uint8")
# minmax: all that was seen. percentile: all but the rarest 0.001 %. entropy: what loses the least information.
RANGES = ("minmax", "percentile", "entropy")


@dataclass(frozen=True)
class Recipe:
    """A recipe's name decodes itself: `float32` is float32 all through, `int8` is integer all through.

    weights, activations: their dtype in the file. needs_calibration: whether the range of each activation
    has to be measured on real pictures, which is so exactly where activations are integers.
    pictures: the dtype that the file takes, values 0..255. formats: those that have it.
    ranges: how the range of an activation is measured, one of RANGES. keep_float: layers of the Keras network
    that stay float32 all the same, as integers would lose too much there. has_corrected_biases: see
    convert/bias_correction.py.

    Raises ValueError, when made, for a combination that cannot be.
    """

    name: str
    weights: str
    activations: str
    needs_calibration: bool
    pictures: str = "float32"
    ranges: str = "minmax"
    formats: tuple[str, ...] = ("tflite", "onnx")
    keep_float: tuple[str, ...] = ()
    has_corrected_biases: bool = False

    def __post_init__(self) -> None:
        known = FLOAT_TYPES + INTEGER_TYPES
        if self.weights not in known or self.activations not in known:
            raise ValueError(f"recipe {self.name}: weights and activations are one of {', '.join(known)}")
        if self.needs_calibration != self.is_integer:
            raise ValueError(f"recipe {self.name}: {self.activations} activations contradict needs_calibration")
        if self.ranges not in RANGES:
            raise ValueError(f"recipe {self.name}: ranges is {self.ranges}, expected one of {', '.join(RANGES)}")
        if self.keep_float and self.activations != "int8":
            raise ValueError(f"recipe {self.name}: {self.activations} activations are not those of int8")
        if self.has_corrected_biases and not self.is_integer:
            raise ValueError(f"recipe {self.name}: {self.activations} activations are not rounded")
        if self.pictures not in PICTURE_TYPES or (self.pictures == "uint8" and not self.is_integer):
            raise ValueError(f"recipe {self.name}: {self.activations} activations contradict {self.pictures} pictures")

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the name does not say of the file, for the card."""
        corrected = ("biases corrected",) if self.has_corrected_biases else ()
        return (*corrected, *(f"float32 in {layer}" for layer in self.keep_float))

    @property
    def is_integer(self) -> bool:
        return self.activations in INTEGER_TYPES

    @property
    def is_lossless(self) -> bool:
        """Whether the numbers of the original are kept as they are."""
        return self.weights == self.activations == "float32"


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("float32", weights="float32", activations="float32", needs_calibration=False),
        # Half the size; computed in float32 where the processor has no float16.
        Recipe("float16", weights="float16", activations="float32", needs_calibration=False),
        Recipe("dynamic", weights="int8", activations="float32", needs_calibration=False),
        # Fully integer: camera bytes (uint8) go in as they are, whatever the format.
        Recipe("int8", weights="int8", activations="int8", needs_calibration=True, pictures="uint8"),
        # For programs that feed float32, values 0..255, and cannot be changed.
        Recipe("int8-float-io", weights="int8", activations="int8", needs_calibration=True, formats=("tflite",)),
        Recipe("int16x8", weights="int8", activations="int16", needs_calibration=True, formats=("tflite",)),
    )
}
