"""One training, from opened data to a file with its card, and the report beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import keras

from runtime.card import Measured, ModelCard
from runtime.dataset import DataSet
from train.checkpoint import Checkpoint, State
from train.classifier import build_network
from train.data import TrainingData
from train.evaluation import Answers, Evaluation, evaluate
from train.learning import Learning, Pictures
from train.model_file import made_now, write_model
from train.models import Variant
from train.plan import Plan
from train.precision import choose_precision, set_precision
from train.progress import Progress
from train.reading import Reader
from train.report import TrainingReport, report_paths, tensorboard_writer, write_metrics, write_report
from train.teacher import load_teacher

_BATCH = 64  # pictures that are put through a network at a time, where nothing is learnt


@dataclass(frozen=True)
class Trained:
    """What a training gave. stopped: whether Ctrl-C or SIGTERM ended it; the model is then the best so far."""

    card: ModelCard
    evaluation: Evaluation
    state: State
    stopped: bool


def train_model(
    plan: Plan,
    data: TrainingData,
    out: Path,
    progress: Progress,
    *,
    devices: int = 1,
    resume: bool = False,
    tensorboard: Path | None = None,
) -> Trained:
    """Train as planned, measure on the test pictures, and write the model to `out` with its report beside it.

    devices: that share each batch (train/devices.py). resume: go on from what an ended training of the same plan left
    behind. tensorboard: a folder for its event files.
    Raises TrainingError, DataError or ModelError: the network cannot be built so, too few pictures can be read, or
    a class name is none for a card; KeyboardInterrupt when there is nothing yet to keep.
    """
    began = time.monotonic()
    keras.utils.set_random_seed(plan.seed)
    plan = plan.for_pictures(are_gray=plan.size.channels == 1 and data.are_gray())
    card = _describe(plan, data, out.stem)
    variant = Variant(plan.size, plan.alpha, pretrained=plan.strategy.pretrained)
    network = build_network(plan.architecture, variant, len(data.labels))
    precision = choose_precision(network.whole) if plan.recipe == "own" else "float32"
    settings = (
        *(("data", data.name), ("pictures", data.counts()), ("pictures' sha256", data.digest()), *plan.settings()),
        *(("precision", precision), ("backend", keras.backend.backend()), ("devices", devices)),
    )
    checkpoint = Checkpoint(out, settings)
    state = checkpoint.read() if resume else State()
    before = sum(epoch.seconds for epoch in state.epochs)  # in the process that ended
    set_precision(network.backbone, precision)  # the classifier's probabilities are float32 everywhere
    reader = Reader(plan.size, plan.fit, progress)
    pictures = Pictures(data, reader, as_lessons=plan.recipe == "lesson")
    teacher = load_teacher(plan.teacher, data.labels, plan.size.channels)
    learning = Learning(plan, network, teacher, pictures, progress, devices)
    state, stopped = _learn(learning, state, checkpoint, tensorboard)
    set_precision(network.backbone, "float32")  # as it is written and used; its weights are so already
    evaluation = evaluate(_answers(network.whole, data.test, reader), data.labels, data.test.where)
    measured = Measured(data.name, data.test.split, evaluation.count, top1_float=evaluation.top1, top1=evaluation.top1)
    card = replace(card, measured=measured, scores=network.scores)
    write_model(network.whole, card, out)
    page, figures = report_paths(out)
    report = TrainingReport(
        card=card,
        settings=settings,
        epochs=state.epochs,
        best_epoch=state.best_epoch,
        evaluation=evaluation,
        summary=_summary(network.whole),
        parameters=network.whole.count_params(),
        file_bytes=out.stat().st_size,
        seconds=before + time.monotonic() - began,
        skipped=tuple(dict.fromkeys(progress.skipped)),
    )
    write_report(report, page)
    write_metrics(report, figures)
    if not stopped:
        checkpoint.remove()
    return Trained(card, evaluation, state, stopped)


def _learn(learning: Learning, state: State, checkpoint: Checkpoint, tensorboard: Path | None) -> tuple[State, bool]:
    """All phases; a Ctrl-C, or SIGTERM, leaves the best of those that were learnt."""
    latest = state

    def keep(state: State) -> None:
        nonlocal latest
        latest = state
        checkpoint.keep(state)

    try:
        if tensorboard is None:
            return learning.run(state, keep), False
        with tensorboard_writer(tensorboard) as write:
            for epoch in state.epochs:
                write(epoch)
            return learning.run(state, keep, write), False
    except KeyboardInterrupt:
        if not latest.epochs:
            raise
        learning.restore_best(latest)
        return latest, True


def _answers(model: keras.Model, data: DataSet, reader: Reader) -> Iterator[Answers]:
    for batch in reader.read_batches(data, _BATCH):
        # Called, not predict_on_batch: on several devices of TensorFlow that answers once for each.
        scores = keras.ops.convert_to_numpy(model(batch.values, training=False))
        yield Answers(scores, batch.targets, batch.values, batch.numbers)


def _summary(model: keras.Model) -> str:
    """A line a layer. Keras' own is cut to the width of the terminal that the training runs in."""
    rows = [("layer", "kind", "gives", "parameters")]
    for layer in model.layers:
        shape = "x".join(map(str, layer.output.shape[1:]))
        rows.append((layer.name, type(layer).__name__, shape, f"{layer.count_params():,}"))
    names, kinds, shapes, _ = (max(map(len, column)) for column in zip(*rows))
    return "\n".join(f"{row[0]:{names}}  {row[1]:{kinds}}  {row[2]:{shapes}}  {row[3]:>10}" for row in rows)


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
