"""`python -m benchmarks training`: the published trainings, each with its figure and its bar."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.command_line import whole_number

if TYPE_CHECKING:
    from benchmarks.checks.trainings import Outcome

_EPILOG = """Each training is `python -m train` in a process of its own; one whose model is in DIR already is not
done again, and one that was ended goes on. Exit status 1 where a bar is missed.

--folds chooses between trainings without the test pictures: each learns N times from all but an Nth of the training
pictures and is judged by that Nth.

examples:
  python -m benchmarks training --data-dir data --out out/training
  python -m benchmarks training --data-dir data \\
      --out out/training deep_cnn mlp
  python -m benchmarks training --data-dir data --out out/folds --folds 5 \\
      cats_dogs-mobilenet cats_dogs-mobilenet-288
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument("names", nargs="*", metavar="NAME", help="of trainings (default: all)")
    parser.add_argument(
        "--data-dir", required=True, type=Path, metavar="DIR", help="has the data sets: mnist.npz, flowers5.tar, ..."
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the models and reports go")
    parser.add_argument(
        "--folds", type=partial(whole_number, least=2, most=20), metavar="N", help="cross-validate on training pictures"
    )


def run(args: argparse.Namespace) -> int:
    from benchmarks.checks.trainings import choose_trainings, run_training
    from benchmarks.commands.tell import tell_at_end
    from benchmarks.results_file import make_folder

    trainings = choose_trainings(args.names)
    make_folder(args.out)
    tell = partial(print, flush=True)  # in a pipe, too, before what the training itself says
    if args.folds:
        from benchmarks.checks.folds import format_folds, run_folds

        found: list[tuple[Outcome, ...]] = []
        with tell_at_end(found, lambda: print(format_folds(found))):
            for training in trainings:
                found.append(run_folds(training, args.folds, args.data_dir, args.out, tell))
        return 0
    outcomes: list[Outcome] = []
    with tell_at_end(outcomes, lambda: _tell(outcomes)):
        for training in trainings:
            outcomes.append(run_training(training, args.data_dir, args.out, tell))
    return 0 if all(outcome.holds for outcome in outcomes) else 1


def _tell(outcomes: Sequence[Outcome]) -> None:
    from benchmarks.checks.trainings import format_lead, format_outcomes

    print("\n".join([format_outcomes(outcomes), *format_lead(outcomes)]))
