"""One training, from opened data to a file with its card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np

from runtime.card import Measured, ModelCard
from runtime.dataset import DataSet
from train.classifier import Network, build_network
from train.data import TrainingData, check_every_class
from train.fitting import fit_examples
from train.model_file import made_now, write_model
from train.models import Variant
from train.plan import Plan
from train.progress import Progress
from train.reading import Examples, Reader

_BATCH = 64  # pictures that are put through a network at a time, where nothing is learnt


@dataclass(frozen=True)
class Score:
    """How many of the test pictures a model gets right."""

    correct: int
    count: int

    @property
    def top1(self) -> float:
        return self.correct / self.count


def train_model(plan: Plan, data: TrainingData, out: Path, progress: Progress) -> ModelCard:
    """Train as planned, measure on the test pictures, and write the model to `out`; gives the card in the file.

    Raises TrainingError, DataError or ModelError: the network cannot be built so, too few pictures can be read, or
    a class name is none for a card.
    """
    keras.utils.set_random_seed(plan.seed)
    plan = plan.for_pictures(are_gray=plan.size.channels == 1 and data.are_gray())
    card = _describe(plan, data, out.stem)
    variant = Variant(plan.size, plan.alpha, pretrained=plan.strategy.pretrained)
    network = build_network(plan.architecture, variant, len(data.labels))
    reader = Reader(plan.size, plan.fit, progress)
    _LEARN[plan.strategy.name](network, plan, data, reader)
    score = measure(network.whole, data.test, reader)
    measured = Measured(data.name, data.test.split, score.count, top1_float=score.top1, top1=score.top1)
    card = replace(card, measured=measured)
    write_model(network.whole, card, out)
    return card


def measure(model: keras.Model, data: DataSet, reader: Reader) -> Score:
    """Top-1 on the pictures that can be read. Raises DataError when none can."""
    correct = count = 0
    for batch in reader.read_batches(data, _BATCH):
        answers = np.asarray(model.predict_on_batch(batch.values)).argmax(axis=1)
        correct += int((answers == batch.targets).sum())
        count += len(answers)
    return Score(correct, count)


def compute_features(backbone: keras.Model, data: DataSet, reader: Reader) -> Examples:
    """What the backbone makes of each picture that can be read. Raises DataError when none can."""
    batches = [
        Examples(np.asarray(backbone.predict_on_batch(batch.values)), batch.targets)
        for batch in reader.read_batches(data, _BATCH)
    ]
    return Examples(
        np.concatenate([batch.values for batch in batches]), np.concatenate([batch.targets for batch in batches])
    )


def _learn_all(network: Network, plan: Plan, data: TrainingData, reader: Reader) -> None:
    _learn(network.whole, reader.read_all, plan, data, reader.progress)


def _learn_head(network: Network, plan: Plan, data: TrainingData, reader: Reader) -> None:
    """The features of a picture never change here: they are computed once, not once an epoch."""
    # Frozen, batch normalisation also stays in inference mode (keras.io/guides/transfer_learning).
    network.backbone.trainable = False
    _learn(network.head, partial(compute_features, network.backbone, reader=reader), plan, data, reader.progress)


def _learn(
    model: keras.Model, read: Callable[[DataSet], Examples], plan: Plan, data: TrainingData, progress: Progress
) -> None:
    train = read(data.train)
    check_every_class(train.targets, data.labels, data.name)
    fit_examples(model, train, read(data.validation), plan.schedule, progress)


_LEARN = {"scratch": _learn_all, "head": _learn_head}


def _describe(plan: Plan, data: TrainingData, name: str) -> ModelCard:
    """The card but for what is measured; made first, so that a label that no card takes costs no training."""
    weights = plan.architecture.weights if plan.strategy.pretrained else None
    return ModelCard(
        name=name,
        architecture=plan.architecture.name,
        labels=data.labels,
        input=plan.size,
        fit=plan.fit,
        provenance=made_now(f"{data.name}; {weights.source}" if weights else data.name),
    )
