"""`results.json`: the results of a run, raw, replaced whole each time."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.jsonable import read_value, to_json
from benchmarks.measurement import Results
from runtime.errors import ModelError
from runtime.whole_file import write_whole_text

FORMAT_VERSION = 3


def write_results(path: Path, results: Results) -> None:
    """Replace the file whole: whoever reads it, also after a crash, finds this state or the one before."""
    fields = {name: getattr(results, name) for name in results.__dataclass_fields__}
    write_json(path, {"format_version": FORMAT_VERSION, **fields})


def make_folder(folder: Path) -> None:
    """Unless it is there. Raises BenchmarkError where it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BenchmarkError(f"{folder}: cannot be made ({error.strerror}); give another folder: --out DIR") from None


def write_json(path: Path, fields: dict[str, object]) -> None:
    """Replace a JSON file whole. Raises BenchmarkError where it cannot be written."""
    text = to_json(fields)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole_text(path, text)
    except OSError as error:
        raise BenchmarkError(f"{path}: cannot be written ({error.strerror}); give another folder: --out DIR") from None


def read_results(path: Path) -> Results:
    """Read what `write_results` wrote. Raises BenchmarkError for anything else."""
    try:
        fields = json.loads(path.read_text("utf-8"))
        version = fields.pop("format_version")
        if version != FORMAT_VERSION:
            raise ValueError(f"format_version {version!r}, expected {FORMAT_VERSION}")
        return read_value(Results, fields)
    except OSError as error:
        raise BenchmarkError(f"{path}: {error.strerror}; give the results.json of a run") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, ModelError) as error:
        reason = f"{type(error).__name__}: {error}"[:160]
        raise BenchmarkError(
            f"{path}: is no results.json of `python -m benchmarks run` ({reason}); measure again"
        ) from None
