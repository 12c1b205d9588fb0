"""The ways in which a file is tried, those that cost the device least first, and the attempt that is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from convert.agreement import Agreement, ScorePicture, measure_agreement
from convert.bias_correction import can_correct_biases, correct_biases
from convert.bounds import is_within_bounds
from convert.diagnose_files import diagnose_file
from convert.failure import LeftInFloatError, UncorrectedError, explain_failure
from convert.float_layers import FloatLayers
from convert.material import Material
from convert.network import Network
from convert.observer import Observer
from convert.order import Order, Target
from convert.pictures import span_input_range
from convert.recipes import Recipe
from runtime.backends import open_backend
from runtime.interrupts import defer_interrupts

# With --auto so many layers are tried, until the file is within the bounds: each costs a conversion.
_COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


@dataclass(frozen=True)
class Attempt:
    """A file without a card. kept: its layers that stayed float32. is_within: whether the order's bounds hold."""

    path: Path
    tools: tuple[str, ...]
    score: ScorePicture
    agreement: Agreement
    kept: tuple[str, ...]
    is_within: bool

    @property
    def rank(self) -> tuple[bool, int]:
        """The higher, the better."""
        return self.is_within, self.agreement.agreeing


@dataclass(frozen=True)
class Attempts:
    """A target, what it is made of, and a folder for the attempts' files."""

    order: Order
    target: Target
    material: Material
    observer: Observer
    folder: Path

    def run(self) -> Attempt:
        """Try one way after the other until a file is good; the best of them."""
        try:
            return self._run(self.target.recipe)
        except LeftInFloatError as error:
            if not self.target.float_layers.auto:
                raise
            return self._run(replace(self.target.recipe, keep_float=error.layers))

    def _run(self, recipe: Recipe) -> Attempt:
        try:
            return self._try_ways(recipe, can_correct=can_correct_biases(self._network))
        except UncorrectedError:
            return self._try_ways(recipe, can_correct=False)

    def _try_ways(self, recipe: Recipe, *, can_correct: bool) -> Attempt:
        attempts: list[Attempt] = []

        def best() -> Attempt:
            return max(attempts, key=lambda attempt: attempt.rank)

        def find_suspects() -> tuple[str, ...]:
            path = best().path if attempts else self._write(recipe)[0]
            with explain_failure("its layers cannot be compared with the original's; name those for --keep-float"):
                return diagnose_file(self._network, path, self._calibration, self.observer).suspects()

        for way in recipes_to_try(self.target.float_layers, recipe, find_suspects, can_correct=can_correct):
            attempts.append(self._attempt(way))
            if best().is_within:
                break
        return best()

    def _attempt(self, recipe: Recipe) -> Attempt:
        path, tools = self._write(recipe)
        with defer_interrupts():
            score = partial(self._network.ask, open_backend(path).run)
        agreement = measure_agreement(self.material.original, score, self.material.check, self.observer)
        is_within = is_within_bounds(self.order, self.target, agreement)
        return Attempt(path, tools, score, agreement, recipe.keep_float, is_within)

    def _write(self, recipe: Recipe) -> tuple[Path, tuple[str, ...]]:
        """The file, and what made it."""
        path = Path(tempfile.mkdtemp(dir=self.folder), self.target.path.name)
        network = self._network
        if recipe.has_corrected_biases:
            network = correct_biases(network, self.material.calibration.pictures, self.observer, recipe)
        return path, self.target.form.load_writer()(network, recipe, self._calibration, path, self.observer)

    @cached_property
    def _network(self) -> Network:
        return replace(self.material.network, batch=self.target.batch)

    @cached_property
    def _calibration(self) -> np.ndarray:
        return span_input_range(self.material.calibration.pictures)


def recipes_to_try(
    chosen: FloatLayers, recipe: Recipe, suspects: Callable[[], tuple[str, ...]], *, can_correct: bool
) -> Iterator[Recipe]:
    """The recipe in several ways, those that cost least on the device first.

    With its biases corrected, which costs nothing there, without, and with ever more layers in float32. suspects: asked
    only where it is needed for them, the most suspect layers first.
    """
    if chosen.layers:
        recipe = replace(recipe, keep_float=chosen.layers)
    elif chosen.worst:
        recipe = replace(recipe, keep_float=suspects()[: chosen.worst])
    corrected = replace(recipe, has_corrected_biases=can_correct and recipe.is_integer)
    yield from dict.fromkeys((corrected, recipe))  # one, where none can be corrected
    if chosen.auto:
        ranked = [layer for layer in suspects() if layer not in recipe.keep_float]
        for count in _COUNTS:
            if count <= len(ranked):
                yield replace(corrected, keep_float=(*recipe.keep_float, *ranked[:count]))
