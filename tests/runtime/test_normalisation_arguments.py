"""`--mean`, `--std` and `--scale`, which `runtime` and `convert adopt` read alike."""

from __future__ import annotations

import pytest

from runtime.card import Normalisation
from runtime.command_line import Parser
from runtime.commands.normalisation_arguments import add_normalisation_arguments, read_normalisation
from runtime.errors import UsageError


def read(*arguments: str) -> Normalisation | None:
    parser = Parser()
    add_normalisation_arguments(parser)
    return read_normalisation(parser.parse_args(arguments))


def test_a_number_is_also_written_as_a_fraction_and_is_for_one_channel_or_all() -> None:
    assert read() is None
    assert read("--scale", "1/255") == Normalisation(std=(255.0,))
    assert read("--scale", "0.5/127.5") == Normalisation(std=(255.0,))
    assert read("--scale", "1,0.5, 1/4") == Normalisation(std=(1.0, 2.0, 4.0))
    assert read("--mean=-1", "--std", "1,2,3") == Normalisation((-1.0,), (1.0, 2.0, 3.0))
    assert read("--mean", "0") == Normalisation()


@pytest.mark.parametrize("option", ["--mean", "--std", "--scale"])
@pytest.mark.parametrize("text", ["nan", "inf", "1/0", "1,2", "1,2,3,4", "", "1,,2", "many", "1/2/3"])
def test_what_is_no_number_is_told_with_its_option(option: str, text: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(option, text)
    assert f"{option}: {text!r}, expected a number" in str(refused.value)
    assert "or three with commas" in str(refused.value)


@pytest.mark.parametrize("option", ["--std", "--scale"])
@pytest.mark.parametrize("text", ["0", "-0.5", "1,1,0", "1e-320"])
def test_nothing_is_divided_by_zero_or_as_good_as_that(option: str, text: str) -> None:
    with pytest.raises(UsageError, match="expected a number above 0"):
        read(f"{option}={text}")


def test_a_scale_goes_alone() -> None:
    with pytest.raises(UsageError, match="--scale goes without --mean and --std"):
        read("--scale", "1/255", "--mean", "0")


def test_mean_and_std_of_0_to_1_are_refused_with_those_of_0_to_255() -> None:
    with pytest.raises(UsageError, match=r"give those for 0..255: --mean 123.675,116.28,103.53 --std 58.395,57.12"):
        read("--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225")


def test_a_scale_that_levels_are_to_be_divided_by_is_told() -> None:
    with pytest.raises(UsageError, match="levels are multiplied by 255; to divide by it: 1/N, as 1/255"):
        read("--scale", "255")
