"""`results.json`: the results of a run, raw, replaced whole each time."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.host import Host
from benchmarks.measurement import Accuracy, Failure, Measurement, Results, Round
from runtime.card import ModelCard
from runtime.card_file import write_whole
from runtime.errors import ModelError

FORMAT_VERSION = 1


def write_results(path: Path, results: Results) -> None:
    """Replace the file whole: whoever reads it, also after a crash, finds this state or the one before."""
    fields = {"format_version": FORMAT_VERSION, **dataclasses.asdict(results)}
    write_json(path, fields)


def write_json(path: Path, fields: dict[str, Any]) -> None:
    """Replace a JSON file whole. Raises BenchmarkError where it cannot be written."""
    text = json.dumps(fields, indent=1, ensure_ascii=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda new: _write_text(new, text))
    except OSError as error:
        raise BenchmarkError(f"{path}: cannot be written ({error.strerror}); give another folder: --out DIR") from None


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


def read_results(path: Path) -> Results:
    """Read what `write_results` wrote. Raises BenchmarkError for anything else."""
    try:
        fields = json.loads(path.read_text("utf-8"))
        if fields["format_version"] != FORMAT_VERSION:
            raise ValueError(f"format_version {fields['format_version']!r}, expected {FORMAT_VERSION}")
        return Results(
            tuple(map(_read_measurement, fields["measurements"])),
            tuple(Failure(**failure) for failure in fields["failures"]),
        )
    except OSError as error:
        raise BenchmarkError(
            f"{path}: {error.strerror}; make it: python -m benchmarks run MODEL --data DATA --out DIR"
        ) from None
    except (ValueError, KeyError, TypeError, ModelError) as error:
        reason = f"{type(error).__name__}: {error}"[:160]
        raise BenchmarkError(
            f"{path}: is no results.json of `python -m benchmarks run` ({reason}); measure again"
        ) from None


def read_round(fields: dict[str, Any]) -> Round:
    """A Round from its JSON form."""
    times = ("prepare_seconds", "invoke_seconds", "total_seconds")
    return Round(**{**fields, **{name: tuple(fields[name]) for name in times}})


def _read_measurement(fields: dict[str, Any]) -> Measurement:
    accuracy = fields["accuracy"]
    typed = {
        "card": ModelCard.from_json(json.dumps(fields["card"])),
        "host": Host(**{**fields["host"], "packages": tuple(fields["host"]["packages"])}),
        "rounds": tuple(map(read_round, fields["rounds"])),
        "accuracy": None if accuracy is None else Accuracy(**accuracy),
    }
    return Measurement(**{**fields, **typed})
