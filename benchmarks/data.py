"""The labelled pictures that a run asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtime.errors import DataError, UsageError

if TYPE_CHECKING:
    from runtime.dataset import DataSet


@dataclass(frozen=True)
class Data:
    """data, split, data_dir: as in runtime.dataset.open_dataset. max_pictures: at most so many, a share of each
    class; None for all.
    """

    data: str
    split: str = "test"
    data_dir: str | None = None
    max_pictures: int | None = None

    def __post_init__(self) -> None:
        if self.max_pictures is not None and self.max_pictures < 1:
            raise UsageError(f"--max-pictures {self.max_pictures}: expected 1 or more")


def open_pictures(wanted: Data) -> DataSet:
    """The labelled pictures. Raises DataError."""
    from benchmarks.tiny_data import is_tiny_data, open_tiny_data
    from runtime.dataset import open_dataset

    if is_tiny_data(wanted.data):
        data = open_tiny_data(wanted.data, wanted.split)
    else:
        data = open_dataset(wanted.data, wanted.split, wanted.data_dir)
    if not data.is_labelled:
        raise DataError(
            f"{wanted.data}: its pictures have no classes; put them into class folders, or add a labels.csv "
            "with the columns file and label"
        )
    return data if wanted.max_pictures is None else data.sample(wanted.max_pictures)
