"""The tables of recipes and formats, and what cannot be in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from convert.formats import FORMATS
from convert.order import Target
from convert.recipes import RECIPES, Recipe
from convert.targets import choose_targets
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


def names(targets: tuple[Target, ...]) -> list[str]:
    return [target.path.name for target in targets]


def choose(to: str | None, recipes: str = "int8", out: Path | None = None, **options: str) -> tuple[Target, ...]:
    return choose_targets(Path("a.keras"), to, recipes, out, **options)


def test_a_format_that_lacks_a_recipe_says_what_it_has() -> None:
    with pytest.raises(UsageError, match="int16x8 is not to be had as onnx, which has float32, float16, dynamic, int8"):
        choose("onnx", "int16x8")
    with pytest.raises(UsageError, match="not to be had as onnx"):
        choose("tflite,onnx", "float32,int8-float-io")


def test_all_are_the_recipes_that_each_format_has() -> None:
    tflite, onnx = choose("tflite", "all"), choose("onnx", "all")
    assert [target.recipe.name for target in tflite] == list(RECIPES)
    assert [target.recipe.name for target in onnx] == ["float32", "float16", "dynamic", "int8"]
    assert choose("tflite,onnx", "all") == tflite + onnx


def test_lists_give_a_file_for_each_recipe_of_each_format(tmp_path: Path) -> None:
    assert names(choose("tflite,onnx", "float32,int8", tmp_path)) == [
        "a_float32.tflite",
        "a_int8.tflite",
        "a_float32.onnx",
        "a_int8.onnx",
    ]


def test_the_format_is_what_to_says_or_else_what_out_ends_in(tmp_path: Path) -> None:
    assert names(choose("onnx")) == ["a_int8.onnx"]
    assert choose("onnx", out=tmp_path)[0].path == tmp_path / "a_int8.onnx"
    assert names(choose(None, out=Path("b.tflite"))) == ["b.tflite"]
    assert names(choose("tflite", out=Path("b.tflite"))) == ["b.tflite"]


def test_an_out_that_ends_in_nothing_is_a_folder_also_of_a_single_file(tmp_path: Path) -> None:
    assert choose("tflite", out=tmp_path / "new")[0].path == tmp_path / "new" / "a_int8.tflite"
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="contradicts --to"):
        choose("tflite", out=tmp_path / "file")


@pytest.mark.parametrize(
    ("to", "out"),
    [
        ("onnx", "a.tflite"),
        ("tflite", "a.txt"),
        (None, "a.txt"),
        (None, None),
        ("tflite,onnx", "a.onnx"),
        ("pdf", None),
    ],
)
def test_an_out_that_contradicts_to_or_leaves_it_open_is_wrong_usage(to: str | None, out: str | None) -> None:
    with pytest.raises(UsageError, match="--to"):
        choose(to, out=Path(out) if out else None)


def test_only_onnx_has_a_choice_of_batch_and_of_how_ranges_are_measured() -> None:
    assert [target.batch for target in choose("tflite,onnx")] == [1, None]
    assert [target.batch for target in choose("tflite,onnx", batch="1")] == [1, 1]
    assert choose("onnx", ranges="entropy")[0].recipe.ranges == "entropy"
    assert choose("tflite", "float32", ranges="entropy")[0].recipe.ranges == "minmax"
    with pytest.raises(UsageError, match="--batch dynamic is not to be had as tflite"):
        choose("tflite", batch="dynamic")
    with pytest.raises(UsageError, match="--calibration entropy is not to be had as tflite"):
        choose("tflite", ranges="entropy")
