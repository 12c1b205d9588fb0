"""`runtime info`: what a model file holds and what will run it."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.errors import BackendError, ModelError, UsageError
from runtime.printable import printable

if TYPE_CHECKING:
    from runtime.backends import Backend, BackendRow, TensorInfo
    from runtime.card import ModelCard
    from runtime.operators import OperatorReport

_EPILOG = """examples:
  runtime info
  runtime info flowers.tflite --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument(
        "model", metavar="MODEL", nargs="?", help=".tflite, .onnx or .keras (default: the model that comes along)"
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.add_argument(
        "--trust", action="store_true", help="load a file that is new here without trying it in a process of its own"
    )


def run(args: argparse.Namespace) -> int:
    from runtime.card_file import read_card
    from runtime.classifier import DEFAULT_MODEL

    path = Path(args.model or DEFAULT_MODEL)
    card = read_card(path)
    backend, reason = _try_backend(path, args.trust)
    if args.json:
        print(json.dumps(_as_json(path, card, backend, reason), indent=1))
    else:
        # Also the names of its tensors are a stranger's.
        print("\n".join(map(printable, _as_lines(path, card, backend, reason))))
    return 0


def _try_backend(path: Path, trust: bool) -> tuple[Backend | None, str]:
    """What runs the file here, or why nothing does."""
    from runtime.backends import open_backend
    from runtime.model_check import check_model

    if path.suffix == ".keras":
        convert = f"python -m convert {path.name} --to tflite --calibrate DATA"
        return None, f"a .keras file is not run on devices; convert it: {convert}"
    try:
        if not trust:
            check_model(path)
        return open_backend(path), ""
    except BackendError as error:
        return None, str(error)


def _as_lines(path: Path, card: ModelCard | None, backend: Backend | None, reason: str) -> list[str]:
    lines = [f"{path}  {path.stat().st_size:,} bytes"]
    lines += _card_lines(card) if card else [f"card        none; {_bare_words(path)}"]
    if backend is None:
        return [*lines, f"runs on     nothing here: {reason}"]
    runners = ", then ".join(f"{row.name} ({row.version})" for row in _runners(path))
    lines += [f"input       {backend.input}", f"output      {backend.output}", f"runs on     {runners}"]
    return lines + _operator_lines(path)


def _bare_words(path: Path) -> str:
    if path.suffix != ".keras":
        from runtime.foreign import read_told

        try:
            told = read_told(path)
        except ModelError as error:  # no reason to keep the rest from who wants to know what it is
            return str(error)
        if told.labels:
            return f"{len(told.labels)} labels ({', '.join(told.labels[:3])}, ...) by its {told.source}"
    return "name its labels when you use it: --labels FILE"


def _operator_lines(path: Path) -> list[str]:
    report, reason = _report_operators(path)
    return report.to_lines() if report else [f"operators   not known: {reason}"]


def _report_operators(path: Path) -> tuple[OperatorReport | None, str]:
    """What the file computes, or why that is not known."""
    from runtime.operators import report_operators

    try:
        return report_operators(path), ""
    except UsageError as error:
        return None, str(error)


def _card_lines(card: ModelCard) -> list[str]:
    lines = [
        f"name        {card.name} ({card.architecture}, {card.recipe})",
        f"labels      {len(card.labels)}: {', '.join(card.labels[:5])}{', ...' if len(card.labels) > 5 else ''}",
        f"picture     {card.input}, fit {card.fit}, scores {card.scores}",
    ]
    normalisation = card.normalisation
    if not normalisation.is_identity:
        mean, std = (",".join(map("{:g}".format, numbers)) for numbers in (normalisation.mean, normalisation.std))
        lines.append(f"normalised  mean {mean}, std {std}")
    if card.measured:
        measured = card.measured
        where = f"{measured.count} pictures of {measured.data} ({measured.split})"
        lines.append(f"measured    top-1 {measured.top1:.1%} on {where}; the float original {measured.top1_float:.1%}")
    if card.golden:
        lines.append(f"golden      {len(card.golden)} samples: {', '.join(sample.label for sample in card.golden)}")
    made = [card.provenance.source, *card.provenance.tools, card.provenance.date]
    lines.append(f"made of     {', '.join(part for part in made if part) or 'unknown'}")
    lines.append(f"licence     {card.licence or 'not stated'}")
    return lines


def _runners(path: Path) -> list[BackendRow]:
    """What can run the file here: of onnxruntime's execution providers, those that it was built with."""
    from runtime.backends import find_backends

    rows = find_backends(path.suffix)
    if path.suffix != ".onnx" or not rows:
        return rows
    from runtime.backends.onnx import list_providers

    available = list_providers()
    return [row for row in rows if row.option in available]


def _as_json(path: Path, card: ModelCard | None, backend: Backend | None, reason: str) -> dict[str, object]:
    report = _report_operators(path)[0] if backend else None
    return {
        "path": str(path),
        "size_bytes": path.stat().st_size,
        "card": json.loads(card.to_json()) if card else None,
        "input": _tensor_json(backend.input) if backend else None,
        "output": _tensor_json(backend.output) if backend else None,
        "backends": [row.name for row in _runners(path)] if backend else [],
        "operators": dataclasses.asdict(report) if report else None,
        "problem": reason or None,
    }


def _tensor_json(tensor: TensorInfo) -> dict[str, object]:
    return {**dataclasses.asdict(tensor), "dtype": str(tensor.dtype)}
