"""The diagnosis of a network made to quantize badly, and of one that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert.cli import main
from convert.diagnose import Diagnosis, Step, StepError, diagnose
from convert.diagnose_report import advise
from convert.formats import FORMATS
from convert.layers import LayerNames
from convert.observer import Observer
from convert.recipes import RECIPES
from runtime.card import InputSize
from tests.convert.conftest import Trained
from tests.convert.foreign import write_onnx, write_tflite
from tests.convert.networks import COLOUR_LABELS, SIDE, save, spoil_features

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def spoilt(colours: Trained, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One channel of its layer `widened` is thousands of times larger than the others."""
    path = spoil_features(colours.model, tmp_path_factory.mktemp("spoilt") / "spoilt.keras")
    return Trained(path, colours.data)


def convert(trained: Trained, out: Path, *more: object) -> Path:
    given = [trained.model, "--calibrate", trained.data, "--calibration-images", 30, "--check-images", 50, *more]
    assert main([str(argument) for argument in (*given, "--min-agreement", 0, "--out", out)]) == 0
    return out


def ask(trained: Trained, converted: Path, *more: object) -> int:
    given = ["diagnose", trained.model, converted, "--data", trained.data, *more]
    return main([str(argument) for argument in given])


@pytest.mark.parametrize("form", ["tflite", "onnx"])
def test_the_layer_with_the_huge_channel_comes_first(
    spoilt: Trained, tmp_path: Path, capsys: Capture, form: str
) -> None:
    converted = convert(spoilt, tmp_path / f"spoilt.{form}")
    capsys.readouterr()
    assert ask(spoilt, converted) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["layer", "operator", "SQNR", "lost", "here"]
    assert lines[1].startswith("widened ")
    # All that follows it is as noisy, but loses nothing more.
    assert [line.split()[0] for line in lines if " 0.00%" in line]
    assert lines[-1].startswith("try   --auto; or --keep-float widened,")


@pytest.mark.parametrize("form", ["tflite", "onnx"])
def test_the_layers_of_a_file_with_a_map_are_compared_too(
    colours: Trained, tmp_path: Path, capsys: Capture, form: str
) -> None:
    told = []
    for name, more in (("plain", ()), ("cam", ("--with-cam",))):
        converted = convert(colours, tmp_path / f"{name}.{form}", *more)
        capsys.readouterr()
        assert ask(colours, converted) == 0
        told.append({line.split()[0] for line in capsys.readouterr().out.splitlines() if " dB " in line})
    plain, cam = told
    assert len(plain) > 4
    assert plain <= cam


def test_results_that_are_true_or_false_are_compared_too(colours: Trained, tmp_path: Path, capsys: Capture) -> None:
    import keras
    from keras import layers

    picture = keras.Input((SIDE, SIDE, 3))
    values = layers.Conv2D(4, 3)(layers.Rescaling(1 / 255)(picture))
    values = values * keras.ops.cast(values > layers.Conv2D(4, 3)(picture), "float32")
    model = keras.Model(picture, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(values)))
    saved = save(model, tmp_path / "comparing.keras", COLOUR_LABELS, InputSize(SIDE, SIDE))
    comparing = Trained(saved, colours.data)
    converted = convert(comparing, tmp_path / "comparing.onnx", "--keep-float", "worst:1")
    capsys.readouterr()
    assert ask(comparing, converted) == 0
    assert " Greater " in capsys.readouterr().out


def test_the_plot_is_a_png_beside_the_file_or_where_out_says(spoilt: Trained, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: make install")
    converted, plots = convert(spoilt, tmp_path / "spoilt.tflite"), tmp_path / "plots"
    plots.mkdir()
    assert ask(spoilt, converted) == ask(spoilt, converted, "--out", plots) == 0
    for folder in (tmp_path, plots):
        assert (folder / "spoilt_tflite_layers.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("form", ["tflite", "onnx"])
def test_in_a_network_that_quantizes_well_no_layer_stands_out(
    colours: Trained, tmp_path: Path, capsys: Capture, form: str
) -> None:
    converted = convert(colours, tmp_path / f"colours.{form}")
    capsys.readouterr()
    assert ask(colours, converted) == 0
    assert "no layer stands out" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["tflite", "onnx"])
def test_float16_loses_what_a_fraction_of_11_bits_does_in_each_layer(
    colours: Trained, tmp_path: Path, capsys: Capture, form: str
) -> None:
    """68 dB where weights are rounded once; half as many, as dB, leave room for what adds up and cancels out."""
    sqnr = {}
    for recipe in ("float32", "float16"):
        converted = convert(colours, tmp_path / f"{recipe}.{form}", "--recipe", recipe)
        capsys.readouterr()
        assert ask(colours, converted) == 0
        found = [line.split(" dB ")[0].split() for line in capsys.readouterr().out.splitlines() if " dB " in line]
        sqnr[recipe] = {(layer, operator): float(decibels) for layer, operator, decibels in found}
    if form == "tflite":
        assert sqnr["float16"].keys() == sqnr["float32"].keys()
    assert min(sqnr["float16"].values()) > 34


def test_a_file_of_another_network_is_refused(
    colours: Trained, spoilt: Trained, tmp_path: Path, capsys: Capture
) -> None:
    converted = convert(spoilt, tmp_path / "spoilt.tflite")
    assert ask(colours, converted) == 1
    assert "was made of another file" in capsys.readouterr().err


@pytest.mark.parametrize("write", [write_onnx, write_tflite])
def test_a_file_that_others_made_is_one_line(
    colours: Trained, tmp_path: Path, capsys: Capture, write: Callable[[Path], Path]
) -> None:
    theirs = write(tmp_path / f"theirs.{write.__name__.removeprefix('write_')}")
    assert ask(colours, theirs) == 1
    told = capsys.readouterr().err
    assert "expected a file that python -m convert made of it" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("name", ["no.tflite", "model.txt"])
def test_what_is_no_converted_file_is_refused(colours: Trained, tmp_path: Path, capsys: Capture, name: str) -> None:
    assert ask(colours, tmp_path / name) == (1 if name == "no.tflite" else 2)
    assert capsys.readouterr().err.count("\n") == 1


@dataclass(frozen=True)
class Known:
    """Activations that are given, the same for every picture."""

    steps: tuple[Step, ...]
    values: tuple[tuple[np.ndarray, np.ndarray], ...]

    def read(self, picture: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        return list(self.values)


def errors_of(*steps: tuple[tuple[int, ...], Any, Any]) -> Iterator[StepError]:
    """The errors of steps a, b, c ... given as (reads, original, converted)."""
    named = tuple(Step((name,), "ADD", reads) for name, (reads, _, _) in zip("abcd", steps))
    values = tuple((np.array(original), np.array(converted)) for _, original, converted in steps)
    return iter(diagnose(Known(named, values), np.zeros((2, 1, 1, 3), np.uint8), Observer()).errors)


def test_noise_is_the_mean_over_channels_of_its_share_of_the_signals_power() -> None:
    # One channel without noise, one with a tenth of the amplitude: a hundredth of the power.
    (error,) = errors_of(((), [[5000.0, 1.0]], [[5000.0, 0.9]]))
    assert error.noise == pytest.approx(0.005)
    assert error.sqnr == pytest.approx(10 * np.log10(200))


def test_a_huge_channel_does_not_hide_that_the_others_are_lost() -> None:
    (error,) = errors_of(((), [[5000.0, 1.0, 1.0, 1.0]], [[5000.0, 0.0, 0.0, 0.0]]))
    assert error.noise == 0.75


def test_a_channel_that_is_always_0_has_nothing_to_lose() -> None:
    (error,) = errors_of(((), [[0.0, 1.0]], [[0.5, 1.0]]))
    assert error.noise == 0


def test_what_is_lost_before_is_not_laid_to_the_step_after() -> None:
    first, second = errors_of(((), [[1.0]], [[0.5]]), ((0,), [[2.0]], [[1.0]]))
    assert (first.added, second.added) == (0.25, 0)


def advice(form: str, recipe: str, lost: float) -> str:
    """For a network of one layer, a."""
    return advise(Diagnosis(tuple(errors_of(((), [[1.0]], [[1 - lost]])))), FORMATS[form], RECIPES[recipe])


def test_only_what_is_to_be_had_of_the_file_is_advised() -> None:
    assert advice("tflite", "int8", 0.5) == (
        "--auto; or --keep-float a for what touches a; or more --calibration-images; or --recipe int16x8; "
        "or --recipe float32"
    )
    assert "--calibration percentile" in advice("onnx", "int8", 0.5)
    assert "int16x8" not in advice("onnx", "int8", 0) + advice("tflite", "int16x8", 0)
    assert advice("tflite", "int16x8", 0.5) == "more --calibration-images; or --recipe float32"
    assert advice("onnx", "dynamic", 0) == "no layer stands out: --recipe float32"
    assert advice("onnx", "float32", 0) == "nothing: the file is float32, as the original is"


def test_suspects_are_the_layer_that_loses_and_those_that_take_what_it_gives() -> None:
    steps = [Step((name,), "CONV_2D", reads) for name, reads in (("a", ()), ("b", (0,)), ("c", (1,)), ("d", (2,)))]
    lost = (0.0, 0.5, 0.0, 0.0)
    found = Diagnosis(tuple(StepError(step, 0.5, added) for step, added in zip(steps, lost)))
    assert found.worst_first()[0].step.name == "b"
    assert found.suspects()[:2] == ("b", "c")


def test_layers_are_found_in_the_names_of_operators_also_those_that_keras_numbers_itself() -> None:
    import keras
    from keras import layers

    named = [layers.Conv2D(2, 3, name="conv2d"), layers.ReLU(6, name="re_lu")]
    named += [layers.Conv2D(2, 3, name="conv2d_1"), layers.ReLU(6, name="re_lu_1")]
    names = LayerNames(keras.Sequential([keras.Input((8, 8, 1)), *named]))
    assert names.find("functional_1/conv2d_1/convolution") == ("conv2d",)
    assert names.find("functional_1/conv2d_1_2/convolution;functional_1/re_lu_1_2/Relu6") == ("conv2d_1", "re_lu_1")
    assert names.find("functional_1/re_lu_1/Relu6;functional_1/conv2d_1/convolution") == ("conv2d", "re_lu")
    assert names.find("Identity") == ()
