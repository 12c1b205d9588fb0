"""Results made by hand, for the tests of what is made from them."""

from __future__ import annotations

from benchmarks.host import Host
from benchmarks.measurement import Accuracy, Measurement, Round
from runtime.card import InputSize, ModelCard

HOST = Host("kitchen", "Raspberry Pi 5", 4, 4 * 2**30, "Linux aarch64", "3.11.2", ("numpy 2.4.6",))


def make_measurement(name: str, seconds: float, correct: int | None, total: int = 200) -> Measurement:
    """A model that took exactly 0.9, 1.0 and 1.1 times `seconds`, in each of two processes."""
    times = (seconds * 0.9, seconds, seconds * 1.1)
    part = Round((0.001,) * 3, tuple(time - 0.001 for time in times), times, 0.25, 50_000_000)
    return Measurement(
        model=f"models/{name}",
        file_bytes=1_250_000,
        card=ModelCard("flowers", "cnn", ("daisy", "rose"), InputSize(32, 32), recipe="int8"),
        host=HOST,
        backend="litert",
        threads=1,
        measured_at="2026-01-31T12:00:00+00:00",
        picture_width_pixels=1280,
        picture_height_pixels=720,
        rounds=(part, part),
        accuracy=None if correct is None else Accuracy("flowers", "test", correct, total),
    )
