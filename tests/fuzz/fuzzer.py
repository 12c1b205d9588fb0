"""Shows a target one damaged file after the other, in a process of its own that may crash, hang or run full.

A case is known by the target, a seed and its number: the same three give the same file.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from random import Random
from typing import Any

from runtime.errors import EdgeframeError
from runtime.measure import peak_memory_bytes
from runtime.picture import MAX_PIXELS
from runtime.printable import is_printable
from tests.fuzz.targets import Target

# The slowest that there is, a picture of MAX_PIXELS, takes a few seconds.
DEADLINE_SECONDS = 60
# A picture of MAX_PIXELS at 4 bytes each, and as much again for each of three steps that turn it and make it RGB.
MOST_BYTES = 4 * 4 * MAX_PIXELS
LONGEST_MESSAGE = 500
# libtiff tells its errors on its own, in plain characters; Pillow has no way to keep it from that.
_OF_LIBTIFF = re.compile(rb"((\w+|tempfile\.tif): [ -~]*\n|More samples per pixel [ -~]*\n)*")
_STARTING = -1
_SPAWNED = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang


@dataclass(frozen=True)
class Failure:
    """problem: what came of it that is neither an answer nor an EdgeframeError. content, suffix: of the file."""

    number: int
    problem: str
    content: bytes
    suffix: str


def make_case(target: Target, seed: int, number: int) -> tuple[bytes, str]:
    """Content and suffix of a file: first those of the corpus, then damaged ones."""
    if number < len(target.files):
        return target.files[number]
    random = Random(f"{seed} {number}")
    (content, suffix), (other, _) = random.choices(target.files, k=2)
    return target.mutate(content, other, random), suffix


def fuzz(
    target: Target,
    seed: int,
    *,
    count: int | None = None,
    seconds: float | None = None,
    deadline: float = DEADLINE_SECONDS,
) -> Iterator[int | Failure]:
    """Case after case of a target, until `count` of them or `seconds`: how many were tried, now and then, and each
    failure as it is found. deadline: seconds that a case may take."""
    ends = None if seconds is None else time.monotonic() + seconds
    tried = 0
    while (count is None or tried < count) and (ends is None or time.monotonic() < ends):
        for outcome in _fuzz_in_child(_Order(target, seed, tried, count, ends), deadline):
            yield outcome
            tried = outcome if isinstance(outcome, int) else outcome.number + 1


@dataclass(frozen=True)
class _Order:
    """What a child is to try: the cases from `first` on, until `count` of them or the time that is `ends`."""

    target: Target
    seed: int
    first: int
    count: int | None
    ends: float | None

    def numbers(self) -> Iterator[int]:
        for number in itertools.count(self.first):
            if number == self.count or (self.ends is not None and time.monotonic() > self.ends):
                return
            yield number

    def failure(self, number: int, problem: str) -> Failure:
        return Failure(number, problem, *make_case(self.target, self.seed, number))


def _fuzz_in_child(order: _Order, deadline: float) -> Iterator[int | Failure]:
    """Until it is done, or dies: then of the case that it was at."""
    reader, writer = _SPAWNED.Pipe(duplex=False)
    current = _SPAWNED.Value("q", _STARTING)
    child = _SPAWNED.Process(target=_try_cases, args=(order, current, writer), daemon=True)
    child.start()
    writer.close()
    try:
        yield from _watch(order, deadline, reader, current)
        child.join(deadline)
        assert current.value != _STARTING, f"{order.target} cannot be tried at all"
        if child.exitcode:
            yield order.failure(current.value, f"crashed: exit status {child.exitcode}")
    finally:
        child.kill()
        child.join()


def _watch(order: _Order, deadline: float, reader: Connection, current: Any) -> Iterator[int | Failure]:
    """What the child tells, until it ends or hangs."""
    while True:
        before = current.value
        if reader.poll(deadline):
            try:
                yield order.failure(*reader.recv())
            except EOFError:
                yield current.value
                return
        elif current.value == before != _STARTING:
            yield order.failure(before, f"no end within {deadline:g} s")
            return
        else:
            yield current.value


def _try_cases(order: _Order, current: Any, writer: Connection) -> None:
    with tempfile.TemporaryFile() as shown, tempfile.TemporaryDirectory() as state:
        os.environ["XDG_STATE_HOME"] = state
        os.dup2(shown.fileno(), 2)
        for number in order.numbers():
            current.value = number
            problem = _try_case(order.target, *make_case(order.target, order.seed, number)) or _read_anew(shown)
            if problem:
                writer.send((number, problem))
        current.value += 1


def _try_case(target: Target, content: bytes, suffix: str) -> str:
    """What is wrong with how it was taken; "" for nothing."""
    try:
        target.read(content, suffix)
    except EdgeframeError as error:
        if not is_printable(str(error)) or len(str(error)) > LONGEST_MESSAGE:
            return f"an error of more than one line, or with control characters: {str(error)[:LONGEST_MESSAGE]!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    used = peak_memory_bytes() or 0
    return f"took {used:,} bytes of memory" if used > MOST_BYTES else ""


def _read_anew(shown: Any) -> str:
    """What was written to the standard error output since the last time, by a warning or by a library in C."""
    written = os.pread(shown.fileno(), 10_000, 0)
    os.ftruncate(shown.fileno(), 0)
    os.lseek(shown.fileno(), 0, os.SEEK_SET)
    return "" if _OF_LIBTIFF.fullmatch(written) else f"wrote to the terminal: {written!r}"
