"""Which layers of an integer file stay float32 (those that the user names, the worst, or as few as are needed), and
what is tried before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from convert.recipes import Recipe
from runtime.errors import UsageError

_WORST = "worst:"
# With --auto so many layers are tried, until the file is within the bounds: each costs a conversion.
_COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


@dataclass(frozen=True)
class FloatLayers:
    """layers: by name. worst: so many that the diagnosis names first. auto: as few as the bounds allow."""

    layers: tuple[str, ...] = ()
    worst: int = 0
    auto: bool = False

    @classmethod
    def parse(cls, text: str | None, auto: bool) -> FloatLayers:
        """`worst:3` or names between commas, of --keep-float; and --auto. Raises UsageError."""
        if text is None:
            return cls(auto=auto)
        if auto:
            raise UsageError("--auto chooses the layers itself; leave out --keep-float")
        if text.startswith(_WORST):
            count = text[len(_WORST) :]
            if not count.isdecimal() or int(count) == 0:
                raise UsageError(f"--keep-float {text}: {count!r} is not a whole number above 0")
            return cls(worst=int(count))
        names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
        if not names:
            raise UsageError(f"--keep-float {text!r}: expected worst:N or names of layers between commas")
        return cls(names)

    @property
    def is_none(self) -> bool:
        return self == FloatLayers()


def recipes_to_try(
    chosen: FloatLayers, recipe: Recipe, suspects: Callable[[], tuple[str, ...]], *, can_correct: bool
) -> Iterator[Recipe]:
    """The recipe in several ways, those that cost least on the device first: the first one within the bounds will do.

    As it is, with its biases corrected (which costs nothing there), and with ever more layers in float32.
    suspects: asked only where it is needed for them, the most suspect layers first.
    """
    if chosen.layers:
        recipe = replace(recipe, keep_float=chosen.layers)
    elif chosen.worst:
        recipe = replace(recipe, keep_float=suspects()[: chosen.worst])
    yield recipe
    if can_correct and recipe.activations == "int8":
        recipe = replace(recipe, has_corrected_biases=True)
        yield recipe
    if chosen.auto:
        ranked = suspects()
        for count in _COUNTS:
            if count <= len(ranked):
                yield replace(recipe, keep_float=ranked[:count])
