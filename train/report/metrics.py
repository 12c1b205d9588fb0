"""The figures of a training as JSON, units in their names."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from pathlib import Path
from typing import Any

from runtime.whole_file import write_whole_text
from train.evaluation import Evaluation
from train.report.contents import TrainingReport

FORMAT_VERSION = 1


def write_metrics(report: TrainingReport, path: Path) -> None:
    """Write `path` whole or not at all. A figure that is no number (the precision of a class never named) is null.

    Shares are 0..1; `confusion[i][j]` counts pictures of class i that were taken for class j. Raises OSError.
    """
    text = json.dumps(_without_nan(_fields(report)), indent=1, ensure_ascii=False, allow_nan=False)
    write_whole_text(path, _rows_on_one_line(text))


def _fields(report: TrainingReport) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "name": report.card.name,
        "architecture": report.card.architecture,
        "parameters": report.parameters,
        "file_bytes": report.file_bytes,
        "train_seconds": report.seconds,
        **_evaluation_fields(report.evaluation),
        "best_epoch": report.best_epoch,
        "epochs": [_epoch_fields(dataclasses.asdict(epoch)) for epoch in report.epochs],
        "settings": dict(report.settings),
        "skipped": list(report.skipped),
        "card": json.loads(dataclasses.replace(report.card, golden=()).to_json()),
    }


def _evaluation_fields(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "count": evaluation.count,
        "correct": evaluation.correct,
        "top1": evaluation.top1,
        "top1_interval_95": list(evaluation.interval),
        "top5": evaluation.top5,
        "expected_calibration_error": evaluation.expected_calibration_error,
        "reliability": [dataclasses.asdict(part) for part in evaluation.reliability],
        "classes": _class_fields(evaluation),
        "confusion": evaluation.confusion.tolist(),
        "mistakes": [
            {
                "picture": mistake.where,
                "actual": evaluation.labels[mistake.actual],
                "predicted": evaluation.labels[mistake.predicted],
                "probability": mistake.score,
            }
            for mistake in evaluation.mistakes
        ],
    }


def _class_fields(evaluation: Evaluation) -> list[dict[str, Any]]:
    columns = {
        "precision": evaluation.precision.tolist(),
        "recall": evaluation.recall.tolist(),
        "f1": evaluation.f1.tolist(),
        "support": evaluation.support.tolist(),
    }
    return [
        {"label": label, **{name: values[number] for name, values in columns.items()}}
        for number, label in enumerate(evaluation.labels)
    ]


def _epoch_fields(fields: dict[str, Any]) -> dict[str, Any]:
    named = {"rate": "learning_rate", "seconds": "train_seconds"}
    return {named.get(name, name): value for name, value in fields.items()}


def _without_nan(value: Any) -> Any:
    """The same with None for each nan and infinity, which JSON has no word for."""
    if isinstance(value, dict):
        return {name: _without_nan(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _rows_on_one_line(text: str) -> str:
    """Lists of numbers on a line each. A line break in a string of JSON is escaped: none is taken for a list's."""
    return re.sub(r'\[\n[^\[\]{}"]*\]', lambda row: f"[{' '.join(row[0][1:-1].split())}]", text)
