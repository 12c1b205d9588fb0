"""From what the user names to what is measured: every model with every backend, number of threads and scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.machine import Machine
from benchmarks.measurement import Subject
from benchmarks.tasks import Settings
from runtime.backends import BACKENDS
from runtime.card import ModelCard
from runtime.card_file import read_card
from runtime.dataset import DataSet
from runtime.errors import EdgeframeError, ModelError, UsageError
from runtime.operators import report_operators
from runtime.whole_file import file_sha256


@dataclass(frozen=True)
class ModelFile:
    """A model file as it was before anything was measured; see benchmarks.measurement.Measurement."""

    path: str
    card: ModelCard
    bytes: int
    sha256: str
    macs: int | None


def look_at(path: str, data: DataSet) -> ModelFile:
    """Raises ModelError: no file, no card. Raises DataError: the data's classes are not the model's."""
    card = read_card(path)
    if card is None:
        raise ModelError(
            f"{path}: has no model card: it is truncated, no model, or was not made by edgeframe; copy it again, "
            f"make it from its .keras with python -m convert, or adopt it: python -m convert adopt {path} --labels FILE"
        )
    data.targets_in(card.labels)
    file = Path(path)
    return ModelFile(path, replace(card, golden=()), file.stat().st_size, file_sha256(file), _count_macs(path))


def _count_macs(path: str) -> int | None:
    try:
        return report_operators(path).macs
    except EdgeframeError:  # an .onnx that does not tell its shapes, say: the rest is measured all the same
        return None


def check_backends(names: Sequence[str]) -> None:
    """Raises UsageError for a name that is none of runtime.backends.BACKENDS."""
    for name in names:
        if name not in BACKENDS:
            raise UsageError(f"--backend {name}: expected one of {', '.join(BACKENDS)}")


def subjects_of(model: str, settings: Settings, machine: Machine) -> Iterator[Subject]:
    """What is measured of a model file on a machine. Raises BackendError, UsageError: nothing asked for runs it."""
    suffix = Path(model).suffix
    backends = [name for name in settings.backends if BACKENDS[name].suffix == suffix]
    if settings.backends and not backends:
        raise UsageError(f"{model}: none of --backend {','.join(settings.backends)} runs a {suffix} file")
    # Another machine only tells times of single pictures.
    scenarios = ("single-stream",) if machine.name else settings.scenarios
    for backend in backends or [machine.default_backend(model)]:
        for threads in settings.threads:
            for scenario in scenarios:
                yield Subject(model, backend, threads, scenario, machine.name)
