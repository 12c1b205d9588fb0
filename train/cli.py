"""`python -m train`: what was asked for, what came out, and the exit code."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from runtime.card import ModelCard
from runtime.command_line import EXIT_DONE, EXIT_SIGNALLED, exit_status
from runtime.errors import TrainingError, UsageError
from runtime.interrupts import note_interrupts
from train.arguments import check_out, list_parser, published_parser, train_parser
from train.listing import format_list
from train.memory import keep_freed_memory, telling_of_memory
from train.models import Variant, find_architecture
from train.plan import OWN_FIT, Choices, Plan, check_variant, choose_size, choose_strategy, plan_lesson, plan_phases
from train.quiet import import_keras


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments (default: this process's) say, and give the exit code. Errors are one line on stderr."""
    given = sys.argv[1:] if arguments is None else arguments
    return exit_status("train", lambda: _run(given))


def _run(arguments: Sequence[str]) -> int:
    commands = {"list": _list, "pretrained": _write_published}
    with note_interrupts() as interrupts:
        try:
            if arguments and arguments[0] in commands:
                commands[arguments[0]](arguments[1:])
            else:
                _train(arguments, interrupts)
        except KeyboardInterrupt:
            if interrupts:
                return EXIT_SIGNALLED + interrupts[0]
            raise
    return EXIT_DONE


def _train(arguments: Sequence[str], interrupts: Sequence[int]) -> None:
    asked = train_parser().parse_args(arguments)
    plan = _plan(asked)
    out = check_out(asked.out)

    from train.data import open_training_data

    data = open_training_data(asked.data, asked.data_dir)
    keep_freed_memory()
    import_keras()
    from train.checkpoint import checkpoint_path
    from train.devices import all_devices
    from train.progress import Progress
    from train.report import report_paths
    from train.training import train_model

    progress = Progress(sys.stdout, sys.stderr, interrupts)
    if not asked.resume and (begun := checkpoint_path(out)).exists():
        progress.tell(f"{begun} is of a training that has not ended, and is written over; --resume would go on with it")
    with (
        telling_of_memory(),
        _telling_of_disk(out),
        all_devices() if asked.devices == "all" else nullcontext(1) as devices,
    ):
        trained = train_model(
            plan, data, out, progress, devices=devices, resume=asked.resume, tensorboard=asked.tensorboard
        )
    _summarise(trained.card, out)
    print(f"{report_paths(out)[0]}: curves, confusion, mistakes")
    if trained.evaluation.only_answer is not None:
        progress.tell(
            f"{out} names {trained.evaluation.only_answer} on all {trained.evaluation.count:,} test pictures, whatever "
            "they show: give it about as many pictures of each class, or more --epochs"
        )
    if trained.stopped:
        print(f"train: stopped after epoch {len(trained.state.epochs)}; --resume goes on", file=sys.stderr)
        raise KeyboardInterrupt


@contextmanager
def _telling_of_disk(out: Path) -> Iterator[None]:
    """Raises TrainingError where one of the files that a training leaves cannot be written."""
    try:
        yield
    except OSError as error:
        if error.filename is None:  # as of the standard output
            raise
        from train.checkpoint import checkpoint_path

        goes_on = ", and go on with --resume" if checkpoint_path(out).exists() else ""
        raise TrainingError(
            f"{error.filename}: cannot be written ({error.strerror}); see that you may write there, and that there is "
            f"space{goes_on}"
        ) from None


def _plan(asked: Namespace) -> Plan:
    architecture = find_architecture(asked.model)
    choices = Choices(asked.epochs, asked.batch, asked.augment)
    size = choose_size(architecture, asked.size)
    if asked.recipe == "lesson":
        if asked.strategy not in {None, "scratch"}:
            raise UsageError(f"--recipe lesson: trains from scratch, not by --strategy {asked.strategy}")
        strategy, phases = choose_strategy(architecture, "scratch"), plan_lesson(architecture, choices)
    else:
        strategy = choose_strategy(architecture, asked.strategy)
        phases = plan_phases(strategy, size, choices)
    return Plan(
        architecture=architecture,
        strategy=strategy,
        phases=phases,
        size=size,
        fit=asked.fit or OWN_FIT,
        alpha=asked.alpha,
        seed=asked.seed,
        recipe=asked.recipe,
        unfreeze=asked.unfreeze,
        teacher=asked.distill,
    )


def _write_published(arguments: Sequence[str]) -> None:
    asked = published_parser().parse_args(arguments)
    architecture = find_architecture(asked.model)
    check_variant(architecture, asked.alpha, pretrained=True)
    variant = Variant(choose_size(architecture, asked.size), asked.alpha, pretrained=True, top=True)
    out = check_out(asked.out)
    import_keras()
    from train.published import write_published

    _summarise(write_published(architecture, variant, out, asked.data_dir), out)


def _list(arguments: Sequence[str]) -> None:
    list_parser().parse_args(arguments)
    print(format_list())


def _summarise(card: ModelCard, out: Path) -> None:
    if card.measured:
        correct = round(card.measured.top1 * card.measured.count)
        print(f"{card.measured.top1:.1%} top-1: {correct:,} of {card.measured.count:,} test pictures right")
    size = out.stat().st_size / 1e6
    print(f"{out}: {card.architecture}, {card.input}, {len(card.labels)} labels, {size:.1f} MB")
