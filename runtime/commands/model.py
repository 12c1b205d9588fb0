"""The arguments by which every command names a model, and the classifier that they make."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtime.command_line import fit
from runtime.commands.normalisation_arguments import add_normalisation_arguments, read_normalisation
from runtime.printable import printable

if TYPE_CHECKING:
    from runtime.classifier import Classifier

AUTO = "auto"


@dataclass(frozen=True)
class Running:
    """What runs a model: a backend (None: the first installed), threads (None: one a core, at most 4), and how many
    interpreters of so many threads classify pictures side by side (None: as many as there are cores for)."""

    backend: str | None
    threads: int | None
    picture_workers: int | None = None


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything but the model's path, which `classify` takes as an option and others as an argument."""
    add_running_arguments(parser)
    add_bare_model_arguments(parser)


def add_running_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threads",
        type=_thread_count,
        metavar="N",
        help="threads of the inference, or auto: what runtime tune found (default: one a core, at most 4)",
    )
    add_backend_arguments(parser)


def add_backend_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backend", metavar="NAME", help="what runs the model (default: the first installed; see doctor)"
    )
    parser.add_argument(
        "--trust", action="store_true", help="load a file that is new here without trying it in a process of its own"
    )


def add_bare_model_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("for a model without a card, where its file does not tell")
    group.add_argument("--labels", metavar="FILE", help="its labels, one a line")
    add_normalisation_arguments(group)
    group.add_argument(
        "--fit", type=fit, metavar="FIT", help="crop, crop:0.875, squash or letterbox (default: the card's, or crop)"
    )


def load_classifier(
    path: str | None, args: argparse.Namespace, running: Running | None = None, *, trust: bool | None = None
) -> Classifier:
    """The classifier that the arguments ask for; the default model where `path` is None.

    running: by default `read_running(path, args)`. trust: by default the arguments'.
    """
    from runtime.classifier import DEFAULT_MODEL, Classifier

    running = running or read_running(path, args)
    return Classifier.load(
        path or DEFAULT_MODEL,
        threads=running.threads,
        backend=running.backend,
        trust=args.trust if trust is None else trust,
        **(read_bare_model(args) if "labels" in args else {}),
    )


def read_running(path: str | None, args: argparse.Namespace, *, is_pictures: bool = False) -> Running:
    """What the arguments, or with `--threads auto` what was found out here before, say is to run the model."""
    if args.threads != AUTO:
        return Running(args.backend, 1 if is_pictures and args.threads is None else args.threads)
    from runtime.backends import default_threads
    from runtime.backends.table import find_backends
    from runtime.card_file import check_model_path
    from runtime.classifier import DEFAULT_MODEL
    from runtime.tuning import recall_tuning

    file = check_model_path(path or DEFAULT_MODEL)
    found = recall_tuning(file)
    # Another environment of this user may lack what was found in the one before.
    installed = [row.name for row in find_backends(file.suffix)]
    if found is not None and found.backend in installed and args.backend in (None, found.backend):
        if is_pictures:
            return Running(found.backend, found.picture_threads, found.picture_workers)
        return Running(found.backend, found.threads)
    threads = 1 if is_pictures else default_threads()
    told = f"--threads auto: nothing was found out here yet, so {threads} it is; find out: runtime tune {path or ''}"
    print(printable(f"runtime: {told.strip()}"), file=sys.stderr)
    return Running(args.backend, threads)


def read_bare_model(args: argparse.Namespace) -> dict[str, Any]:
    """What Classifier.load is told of a model without a card."""
    from runtime.labels import read_labels

    return {
        "labels": read_labels(args.labels) if args.labels else None,
        "normalisation": read_normalisation(args),
        "fit": args.fit,
    }


def _thread_count(text: str) -> int | str:
    if text == AUTO:
        return AUTO
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: expected a number or auto") from None
