"""Results made by hand, for the tests of what is made from them."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.answers import Answers
from benchmarks.conditions import Conditions
from benchmarks.host import Host
from benchmarks.measurement import Measurement, Results, Round, Subject
from runtime.card import InputSize, ModelCard, Provenance

HOST = Host("kitchen", "Raspberry Pi 5", 4, 4 * 2**30, "Linux aarch64", "3.11.2", ("numpy 2.4.6",))
QUIET = Conditions(((0.0, 1.0),), other_load_cores=0.01, swapped_pages=0)


def make_round(number: int, times: Sequence[float], conditions: Conditions = QUIET) -> Round:
    """A process whose runs took `times` seconds, of which preparing took one thousandth."""
    return Round(
        number=number,
        prepare_seconds=(0.001,) * len(times),
        invoke_seconds=tuple(time - 0.001 for time in times),
        total_seconds=tuple(times),
        load_seconds=0.05,
        first_seconds=times[0],
        time_to_first_result_seconds=0.25,
        steady_memory_bytes=45_000_000,
        peak_memory_bytes=50_000_000,
        conditions=conditions,
    )


def make_measurement(
    name: str, seconds: float, rounds: int = 12, recipe: str = "int8", host: Host = HOST, macs: int | None = 20_000_000
) -> Measurement:
    """A model that took exactly 0.9, 1.0 and 1.1 times `seconds`, in each of the processes."""
    return Measurement(
        subject=Subject(f"models/{name}", "litert", 1),
        file_bytes=1_250_000,
        file_sha256=name,
        card=ModelCard(
            "flowers", "cnn", ("daisy", "rose"), InputSize(32, 32), recipe=recipe, provenance=Provenance("f", "abc")
        ),
        host=host,
        measured_at="2026-01-31T12:00:00+00:00",
        picture_width_pixels=1280,
        picture_height_pixels=720,
        pictures_a_query=1,
        macs=macs,
        rounds=tuple(make_round(at, (seconds * 0.9, seconds, seconds * 1.1)) for at in range(rounds)),
    )


def make_answers(name: str, correct: int, total: int = 200) -> Answers:
    """The first `correct` pictures are right, all with a confidence of 0.9; every other one is a rose."""
    targets = tuple(at % 2 for at in range(total))
    ranks = tuple(int(at >= correct) for at in range(total))
    predicted = tuple(target ^ rank for target, rank in zip(targets, ranks))
    model = f"models/{name}"
    return Answers(
        model, "litert", "", "flowers", "test", tuple(range(total)), targets, predicted, ranks, (0.9,) * total
    )


def make_results(*models: tuple[str, float, int | None]) -> Results:
    """Of (name, seconds, correct of 200 or None) each."""
    return Results(
        tuple(make_measurement(name, seconds) for name, seconds, _ in models),
        answers=tuple(make_answers(name, correct) for name, _, correct in models if correct is not None),
    )
