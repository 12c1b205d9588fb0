"""Ten thousand damaged files, always the same ones, for all that reads what strangers made; `make fuzz` goes on."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from runtime.errors import PictureError
from tests.fuzz.__main__ import write_finding
from tests.fuzz.fuzzer import Failure, fuzz, make_case
from tests.fuzz.mutations import mutate
from tests.fuzz.targets import CORPUS, TARGETS, Target

SEED = 0
# A model that is not refused at once is loaded by a process of its own, which takes half a second.
COUNTS = {
    "picture": 6000, "jpeg": 3000, "card": 2000, "card file": 1500, "told": 1500, "operators": 1500,
    "raw frames": 600, "model": 16,
}  # fmt: skip


@pytest.mark.parametrize("name", TARGETS)
def test_a_damaged_file_gets_an_answer_or_an_error_of_one_line(name: str, tmp_path: Path) -> None:
    failures = [outcome for outcome in fuzz(TARGETS[name], SEED, count=COUNTS[name]) if isinstance(outcome, Failure)]
    shown = [f"{failure.problem}: {write_finding(tmp_path, name, SEED, failure)}" for failure in failures]
    assert not shown


@pytest.mark.parametrize("name", TARGETS)
def test_the_same_seed_gives_the_same_files(name: str) -> None:
    target = TARGETS[name]
    assert target.files, "nothing to begin with"
    numbers = range(len(target.files) + 20)
    cases = [make_case(target, SEED, number) for number in numbers]
    assert cases == [make_case(target, SEED, number) for number in numbers]
    assert len(set(cases)) > len(target.files) + 10


def _misbehave(content: bytes, suffix: str) -> None:
    """In another way for each of the files that it is shown first."""
    (number,) = (index for index, (known, _) in enumerate(BROKEN.files) if known == content)
    if number == 0:
        raise KeyError("a mistake")
    if number == 1:
        raise PictureError("a title\x1b]0;pwned\x07")
    if number == 2:
        print("a warning", file=sys.stderr, flush=True)
    if number == 3:
        os.abort()
    if number == 4:
        time.sleep(600)


BROKEN = Target(_misbehave, mutate, CORPUS / "pictures", "*.png")


def test_what_goes_wrong_is_found_and_the_file_told_that_it_went_wrong_with() -> None:
    outcomes = list(fuzz(BROKEN, SEED, count=6, deadline=2))
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    for failure, told in zip(failures, ("KeyError", "control characters", "a warning", "exit status -6", "no end")):
        assert told in failure.problem
        assert (failure.content, failure.suffix) == BROKEN.files[failure.number]
    assert [failure.number for failure in failures] == [0, 1, 2, 3, 4]
    assert outcomes[-1] == 6
