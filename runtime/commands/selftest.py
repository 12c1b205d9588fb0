"""`runtime selftest`: whether models answer on this device as they did when they were made."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from typing import TYPE_CHECKING

from runtime.commands.model import add_running_arguments, load_classifier
from runtime.errors import EdgeframeError, ModelError, UsageError
from runtime.printable import printable

if TYPE_CHECKING:
    from runtime.selftest import GoldenAnswer

_EPILOG = """The golden samples of a model's card are classified by the backend that will run it here. Right
is the same best label, with a score within 0.05 of the one in the card: so much integer arithmetic
differs between processors and libraries. Exit status 1 when an answer is wrong, or nothing to ask.

examples:
  runtime selftest                       the model that comes along
  runtime selftest flowers.tflite other.onnx
  runtime classify --camera --selftest   the same, before a camera is opened
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument(
        "models", metavar="MODEL", nargs="*", help=".tflite or .onnx (default: the model that comes along)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a model, with every answer")
    add_running_arguments(parser)


def run(args: argparse.Namespace) -> int:
    outcomes = [_test(model, args) for model in args.models or [None]]
    return 0 if all(outcomes) else 1


def _test(model: str | None, args: argparse.Namespace) -> bool:
    """Whether a model is right; tells of it. A model that cannot be tested does not keep others from it."""
    from runtime.card_file import read_card
    from runtime.selftest import answer_golden, no_golden_error

    try:
        if model is not None and read_card(model) is None:
            raise ModelError(
                f"{model}: has no model card, and so no golden samples to test it with; they come with a conversion: "
                "python -m convert MODEL.keras ... --golden PICTURES"
            )
        classifier = load_classifier(model, args)
        answers = answer_golden(classifier)
        if not answers:
            raise no_golden_error(classifier.card)
    except UsageError:
        raise
    except EdgeframeError as error:
        print(printable(f"runtime: {error}"), file=sys.stderr)
        return False
    is_right = all(answer.is_right for answer in answers)
    name, backend = classifier.card.name, classifier.backend.name
    if args.json:
        told = [{**dataclasses.asdict(answer), "is_right": answer.is_right} for answer in answers]
        print(json.dumps({"model": model, "name": name, "backend": backend, "is_right": is_right, "answers": told}))
    else:
        _show(f"{name} ({classifier.card.recipe}) on {backend}", answers)
    return is_right


def _show(what: str, answers: tuple[GoldenAnswer, ...]) -> None:
    from runtime.selftest import SCORE_TOLERANCE

    right = sum(answer.is_right for answer in answers)
    print(printable(f"{what}: {right} of {len(answers)} golden samples right (scores within {SCORE_TOLERANCE})"))
    for answer in answers:
        print(printable(f"  {answer}"))
