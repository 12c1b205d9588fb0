"""Accuracy through the real command: `runtime classify FOLDER --json`, its lines against the folder's labels.csv."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.answers import Share
from benchmarks.errors import BenchmarkError
from benchmarks.progress import progress_bar
from benchmarks.worker_process import checkout_environment


def measure_folder_accuracy(folder: Path, model: Path | None = None) -> tuple[Share, int]:
    """Top-1 of `model` (None: the one that comes along) on a folder of pictures, by the command in its own process,
    and how many pictures could not be read.

    The folder's labels.csv has the columns `file` and `class_index`, the number of the model's output.
    Raises BenchmarkError: no such table, the command failed, or it classified a picture that is not in the table.
    """
    truth = _read_table(folder)
    correct = seen = 0
    with progress_bar("runtime classify", "picture") as show:
        for file, index in _classify(folder, model):
            if file not in truth:
                raise BenchmarkError(f"{folder}: {file} is not in labels.csv; expected a row for each picture")
            correct += index == truth[file]
            seen += 1
            show(seen, len(truth))
    return Share(correct, seen), len(truth) - seen


def _read_table(folder: Path) -> dict[str, int]:
    table = folder / "labels.csv"
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            return {row["file"]: int(row["class_index"]) for row in csv.DictReader(file)}
    except OSError as error:
        raise BenchmarkError(
            f"{table}: {error.strerror}; expected a table with the columns file and class_index"
        ) from None
    except (KeyError, TypeError, ValueError) as error:
        raise BenchmarkError(
            f"{table}: expected the columns file and class_index ({type(error).__name__}: {error})"
        ) from None


def _classify(folder: Path, model: Path | None) -> Iterator[tuple[str, int]]:
    """Each picture's path in the folder and the number of its best class, as the command prints them."""
    command = [sys.executable, "-m", "runtime", "classify", str(folder), "--json", "--top", "1"]
    command += ["--model", str(model)] if model else []
    lines = 0
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=checkout_environment()) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                fields = json.loads(line)
                lines += 1
                yield Path(fields["source"]).relative_to(folder).as_posix(), fields["predictions"][0]["index"]
        except BaseException:
            process.kill()
            raise
        # Exit status 1 with lines: some pictures could not be read, which the caller counts.
        if process.wait() != 0 and not lines:
            log.seek(0)
            words = log.read().decode(errors="replace").strip().removeprefix("runtime: ")
            raise BenchmarkError(words or f"{' '.join(command)}: ended with exit status {process.returncode}")
