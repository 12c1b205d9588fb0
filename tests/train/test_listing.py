"""What `python -m train list` says."""

from __future__ import annotations

import pytest

from runtime.card import InputSize
from train.listing import format_list
from train.models import ARCHITECTURES, Architecture


@pytest.fixture(scope="module")
def lines() -> dict[str, list[str]]:
    """The words of each line, by the first of them."""
    return {line.split()[0]: line.split() for line in format_list().splitlines() if line}


def test_every_network_has_a_line_of_at_most_120_columns(lines: dict[str, list[str]]) -> None:
    assert {row.name for row in ARCHITECTURES} <= set(lines)
    assert max(map(len, format_list().splitlines())) <= 120


def test_a_network_with_imagenet_weights_is_listed_with_the_figures_that_keras_publishes(
    lines: dict[str, list[str]],
) -> None:
    assert lines["vgg16"][1:8] == ["224x224", "RGB", "138,357,544", "528", "71.3", "90.1", "16"]
    assert lines["efficientnet_b7"][1:8] == ["600x600", "RGB", "66,658,687", "256", "84.3", "97.0", "438"]
    assert lines["mobilenet_v3_small"][5:8] == ["68.1", "-", "-"]


def test_a_lesson_is_listed_with_its_figure_and_the_data_that_it_is_of(lines: dict[str, list[str]]) -> None:
    assert lines["deep_cnn"][1:8] == ["28x28", "gray", "329,962", "1.3", "MNIST", "99.26", "%"]
    assert lines["cifar_simple"][5:9] == ["CIFAR-10", "67.9", "%", "validation"]


def test_a_network_of_no_lesson_and_without_weights_is_listed_too() -> None:
    own = Architecture("own", "lessons:own", "no one else's", InputSize(28, 28, 1), 1234, 10)
    (line,) = (line.split() for line in format_list((*ARCHITECTURES, own)).splitlines() if line.startswith("own "))
    assert line == ["own", "28x28", "gray", "1,234", "0.0", "-", "no", "one", "else's"]


def test_the_widths_that_have_weights_are_listed(lines: dict[str, list[str]]) -> None:
    assert lines["mobilenet"][-5:] == ["--alpha", "0.25", "0.5", "0.75", "1"]
