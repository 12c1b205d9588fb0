"""The value that all data becomes: pictures by number, with their classes, in one split."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from runtime.errors import DataError, PictureError
from runtime.image import Picture

SPLITS = ("train", "validation", "test")
UNKNOWN = -1
_HELD_OUT = 0.1
_SEED = 0
_NAMED = 3  # labels of many, in an error

Reader = Callable[[int], Picture]


@dataclass(frozen=True)
class DataSet:
    """Pictures of one split.

    labels: class names, in the order of the targets. Empty where the pictures are unlabelled, or where the
        targets already are indices of a model's outputs.
    targets: int64, one class a picture; UNKNOWN (-1) where unlabelled.
    read: gives picture i (a Pillow image or uint8 array, see runtime.image.Picture); may raise PictureError.
    where: tells where the data has picture i: its file within the data, or its number in an array (`no. 17`).
    """

    name: str
    split: str
    labels: tuple[str, ...]
    targets: np.ndarray
    read: Reader
    where: Callable[[int], str] = "no. {}".format

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def is_labelled(self) -> bool:
        return len(self) > 0 and bool((self.targets != UNKNOWN).all())

    def pictures(self, on_error: Callable[[PictureError], None]) -> Iterator[tuple[int, Picture]]:
        """Number and picture of each that can be read; the others go to `on_error`."""
        for number in range(len(self)):
            try:
                yield number, self.read(number)
            except PictureError as error:
                on_error(error)

    def subset(self, numbers: Sequence[int] | np.ndarray, split: str | None = None) -> DataSet:
        """Only the pictures of these numbers, in this order."""
        chosen = np.asarray(numbers, dtype=np.int64)
        read, where = self.read, self.where
        return replace(
            self,
            split=split or self.split,
            targets=self.targets[chosen],
            read=lambda number: read(int(chosen[number])),
            where=lambda number: where(int(chosen[number])),
        )

    def sample(self, count: int) -> DataSet:
        """At most `count` pictures, an equal share of each class as far as it has them; the same every time."""
        return self if count >= len(self) else self.subset(self.sample_numbers(count))

    def sample_numbers(self, count: int) -> np.ndarray:
        """The numbers (int64, ascending) of the pictures that `sample` chooses."""
        ranks = _ranks_within_class(self.targets)
        # The first of every class, then the second of every class: a stratified choice of any size.
        order = np.lexsort((np.random.default_rng(_SEED).permutation(len(self)), ranks))
        return np.asarray(np.sort(order[:count]), dtype=np.int64)

    def targets_in(self, labels: Sequence[str]) -> np.ndarray:
        """The targets as indices of a model's labels, matched by name (case, `_` and `-` matter where they tell apart).

        Raises DataError when a class of the data is not among them.
        """
        if not self.labels:
            if len(self) and int(self.targets.max()) >= len(labels):
                raise DataError(
                    f"{self.name}: has class index {int(self.targets.max())}, the model has {len(labels)} labels; "
                    "give data of the model's own classes"
                )
            return self.targets
        numbered = list(enumerate(labels))[::-1]  # of classes that one name would mean, the first
        exact, index = ({form(label): number for number, label in numbered} for form in (str, _plain))
        missing = [label for label in self.labels if _plain(label) not in index]
        if missing:
            raise DataError(
                f"{self.name}: {len(missing)} of its {len(self.labels)} classes ({_name_some(missing)}) are not among "
                f"the model's {len(labels)} labels ({_name_some(labels)}); give data of the model's own classes"
            )
        if not self.is_labelled:
            return self.targets
        outputs = np.asarray([exact.get(label, index[_plain(label)]) for label in self.labels], dtype=np.int64)
        return np.take(outputs, self.targets)


def split_stratified(data: DataSet, wanted: str, missing: Sequence[str]) -> DataSet:
    """Part of `data` (a train split): a tenth of each class for each `missing` split, the rest for train.

    The same pictures every time, so that what was held out of training stays unseen by it.
    """
    _, classes, counts = np.unique(data.targets, return_inverse=True, return_counts=True)
    if counts.max(initial=0) <= len(missing):
        # A picture or two a class: no share of each class can be held out, a share of all can.
        classes, counts = np.zeros(len(data), dtype=np.int64), np.asarray([len(data)])
    ranks = _ranks_within_class(classes)
    held_out = np.where(counts > len(missing), np.ceil(counts * _HELD_OUT), 0)[classes]
    part = np.full(len(data), "train", dtype="<U10")
    for position, split in enumerate(missing):
        part[(ranks >= position * held_out) & (ranks < (position + 1) * held_out)] = split
    return data.subset(np.flatnonzero(part == wanted), wanted)


def _ranks_within_class(targets: np.ndarray) -> np.ndarray:
    """For each picture its place in a random order of its class."""
    ranks = np.empty(len(targets), dtype=np.int64)
    generator = np.random.default_rng(_SEED)
    for target in np.unique(targets):
        members = np.flatnonzero(targets == target)
        ranks[members] = generator.permutation(len(members))
    return ranks


def _name_some(labels: Sequence[str]) -> str:
    return ", ".join([*labels[:_NAMED], *["..."] * (len(labels) > _NAMED)])


def composed(name: str) -> str:
    """As it is typed: in names of files Macs write 한 as three letters, and é as e and its accent."""
    return unicodedata.normalize("NFC", name)


def _plain(label: str) -> str:
    return composed(label).casefold().replace("_", " ").replace("-", " ").strip()
