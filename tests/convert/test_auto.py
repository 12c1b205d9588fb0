"""Layers that stay float32 in an int8 file: by name, the worst, and as few as are needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.agreement import Agreement
from convert.attempts import Attempt, recipes_to_try
from convert.bounds import require_bounds
from convert.cli import main
from convert.float_layers import FloatLayers
from convert.formats import FORMATS
from convert.order import Order, Target
from convert.recipes import RECIPES
from runtime.backends import open_backend
from runtime.card_file import read_card
from runtime.errors import ConversionError, UsageError
from tests.convert.conftest import Trained
from tests.convert.networks import spoil_features

Capture = pytest.CaptureFixture[str]
INT8 = RECIPES["int8"]
RANKED = tuple("abcde")


@pytest.fixture(scope="module")
def spoilt(colours: Trained, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One channel of its layer `widened` is thousands of times larger than the others."""
    path = spoil_features(colours.model, tmp_path_factory.mktemp("spoilt") / "spoilt.keras")
    return Trained(path, colours.data)


def convert(trained: Trained, out: Path, *more: object) -> int:
    given = [trained.model, "--calibrate", trained.data, "--calibration-images", 30, "--check-images", 100, *more]
    return main([str(argument) for argument in (*given, "--out", out)])


def kept(path: Path) -> list[str]:
    """The layers that a file's card says are float32."""
    card = read_card(path)
    assert card is not None and card.recipe == "int8"
    prefix = "float32 in "
    return [tool[len(prefix) :] for tool in card.provenance.tools if tool.startswith(prefix)]


@pytest.mark.parametrize("form", ["tflite", "onnx"])
def test_auto_rescues_a_network_that_quantizes_badly_with_the_fewest_layers(
    spoilt: Trained, tmp_path: Path, capsys: Capture, form: str
) -> None:
    out = tmp_path / f"rescued.{form}"
    assert convert(spoilt, out) == 1
    assert "--auto" in capsys.readouterr().err
    assert convert(spoilt, out, "--auto", "--max-drop", "1") == 0
    assert kept(out)[0] == "widened"
    # What makes the huge channel, and what takes it: with fewer, it would still be rounded in between.
    assert len(kept(out)) == 2
    printed = capsys.readouterr().out
    assert "float32 in widened" in printed
    # Pictures still go in as bytes.
    assert open_backend(out).input.dtype == "uint8"


@pytest.mark.parametrize("form", ["tflite", "onnx"])
def test_auto_keeps_no_layer_of_a_network_that_quantizes_well(colours: Trained, tmp_path: Path, form: str) -> None:
    plain, auto = tmp_path / f"plain.{form}", tmp_path / f"auto.{form}"
    assert convert(colours, plain) == convert(colours, auto, "--auto") == 0
    assert kept(auto) == []
    assert auto.read_bytes() == plain.read_bytes()


def test_a_network_that_auto_cannot_rescue_is_refused_with_its_worst_layers() -> None:
    target = Target(Path("a.tflite"), FORMATS["tflite"], INT8, batch=1, float_layers=FloatLayers(auto=True))
    order = Order(Path("a.keras"), (target,), data="flowers/")
    worst = ("squeeze", "excite", "stem", "swish", "project", "expand")
    with pytest.raises(ConversionError) as refused:
        require_bounds(order, target, Agreement(200, 186, 99, 99, 0.05, 0.4), kept=worst)
    assert str(refused.value) == (
        "a.tflite: not written; it agrees with a.keras on 93.0% of 200 pictures, which is 4.0 points below "
        "--min-agreement 0.97; float32 in its 6 worst layers (squeeze, excite, stem, swish, project, ...) is not "
        "enough: it does not bear integers, choose --recipe float16 or float32; or have it all the same by "
        "--min-agreement 0 --out a.tflite, and see python -m convert diagnose a.keras a.tflite --data flowers/"
    )


@pytest.mark.parametrize("form", ["tflite", "onnx"])
def test_layers_are_kept_by_name_or_as_the_worst(spoilt: Trained, tmp_path: Path, form: str) -> None:
    named, worst = tmp_path / f"named.{form}", tmp_path / f"worst.{form}"
    assert convert(spoilt, worst, "--keep-float", "worst:2") == 0
    assert convert(spoilt, named, "--keep-float", ",".join(kept(worst))) == 0
    assert named.read_bytes() == worst.read_bytes()


@pytest.mark.parametrize("form", ["tflite", "onnx"])
def test_a_layer_that_is_not_there_is_named_with_those_that_are(
    colours: Trained, tmp_path: Path, capsys: Capture, form: str
) -> None:
    assert convert(colours, tmp_path / f"a.{form}", "--keep-float", "feature") == 2
    told = capsys.readouterr().err
    assert "--keep-float feature" in told
    assert "most like it: features, " in told
    assert list(tmp_path.iterdir()) == []


def test_the_fewest_layers_are_tried_first_and_none_before_them() -> None:
    tried = list(recipes_to_try(FloatLayers(auto=True), INT8, lambda: RANKED, can_correct=False))
    assert [len(recipe.keep_float) for recipe in tried] == [0, 1, 2, 3, 4]
    assert tried[2].keep_float == ("a", "b")


def test_suspects_are_looked_for_only_where_they_are_needed() -> None:
    def never() -> tuple[str, ...]:
        raise AssertionError

    def kept(chosen: FloatLayers) -> list[tuple[str, ...]]:
        return [recipe.keep_float for recipe in recipes_to_try(chosen, INT8, never, can_correct=False)]

    assert kept(FloatLayers()) == [()]
    assert kept(FloatLayers(("x",))) == [("x",)]
    assert next(recipes_to_try(FloatLayers(auto=True), INT8, never, can_correct=False)).keep_float == ()


def test_biases_are_corrected_where_that_agrees_at_all_before_a_layer_stays_float32() -> None:
    tried = list(recipes_to_try(FloatLayers(auto=True), INT8, lambda: RANKED[:1], can_correct=True))
    assert [(recipe.has_corrected_biases, recipe.keep_float) for recipe in tried] == [
        (True, ()), (False, ()), (True, ("a",)),
    ]  # fmt: skip
    assert _corrected("int16x8") == [True, False]
    assert _corrected("dynamic") == [False]


def _corrected(recipe: str) -> list[bool]:
    tried = recipes_to_try(FloatLayers(), RECIPES[recipe], tuple, can_correct=True)
    return [way.has_corrected_biases for way in tried]


def test_the_attempt_that_agrees_most_is_kept_and_one_within_the_bounds_before_any_other() -> None:
    def attempt(agreeing: int, is_within: bool) -> Attempt:
        return Attempt(Path("a"), (), lambda _: np.zeros(2), Agreement(100, agreeing, 0, 0, 0, 0), (), is_within)

    assert attempt(97, False).rank < attempt(98, False).rank < attempt(97, True).rank < attempt(98, True).rank


@pytest.mark.parametrize(("text", "auto"), [("worst:0", False), ("worst:x", False), (" , ", False), ("a", True)])
def test_a_choice_of_layers_that_makes_no_sense_is_wrong_usage(text: str, auto: bool) -> None:
    with pytest.raises(UsageError, match="--"):
        FloatLayers.parse(text, auto)


def test_only_integer_files_have_layers_that_are_not(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    assert convert(colours, tmp_path / "a.tflite", "--recipe", "float32", "--auto") == 2
    assert "--auto" in capsys.readouterr().err
