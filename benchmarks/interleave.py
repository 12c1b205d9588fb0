"""What is compared has its turn in each round, in a new random order: what slows the machine slows all alike."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import TypeVar

from benchmarks.progress import Progress

T = TypeVar("T")
_SEED = 0


def interleave(parts: Iterable[T], rounds: int, progress: Progress) -> Iterator[T]:
    """Each part once a round; the same order every time. progress: is told of each round that is over."""
    generator, parts = random.Random(_SEED), list(parts)
    for number in range(rounds):
        yield from generator.sample(parts, len(parts))
        progress(number + 1, rounds)
