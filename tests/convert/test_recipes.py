"""The tables of recipes and formats, and what cannot be in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from convert.formats import FORMATS, check_recipe, choose_format
from convert.recipes import RECIPES, Recipe
from runtime.errors import UsageError


def test_a_recipe_is_found_by_its_own_name() -> None:
    assert all(recipe.name == name for name, recipe in RECIPES.items())
    assert all(form in FORMATS for recipe in RECIPES.values() for form in recipe.formats)


@pytest.mark.parametrize(
    ("weights", "activations", "needs_calibration"),
    [("int8", "int8", False), ("float32", "float32", True), ("int4", "float32", False), ("int8", "bytes", True)],
)
def test_a_recipe_that_cannot_be_fails_when_it_is_made(weights: str, activations: str, needs_calibration: bool) -> None:
    with pytest.raises(ValueError, match="recipe odd"):
        Recipe("odd", weights, activations, needs_calibration)


def test_a_format_that_lacks_a_recipe_says_which_has_it() -> None:
    only_tflite = Recipe("int16x8", "int8", "int16", needs_calibration=True, formats=("tflite",))
    check_recipe(only_tflite, FORMATS["tflite"])
    with pytest.raises(UsageError, match="int16x8 is not to be had as onnx, only as tflite"):
        check_recipe(only_tflite, FORMATS["onnx"])


def test_the_format_is_what_to_says_or_else_what_out_ends_in(tmp_path: Path) -> None:
    assert choose_format("onnx", None).name == "onnx"
    assert choose_format("onnx", tmp_path).name == "onnx"
    assert choose_format(None, Path("a.tflite")).name == "tflite"
    assert choose_format("tflite", Path("a.tflite")).name == "tflite"


@pytest.mark.parametrize(("name", "out"), [("onnx", "a.tflite"), ("tflite", "a"), (None, "a.txt"), (None, None)])
def test_an_out_that_contradicts_to_or_leaves_it_open_is_wrong_usage(name: str | None, out: str | None) -> None:
    with pytest.raises(UsageError, match="--to"):
        choose_format(name, Path(out) if out else None)
