"""A measurement with what else is known of it, and which of them no other beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.answers import Answers, Share
from benchmarks.bootstrap import Estimate
from benchmarks.frontier import find_frontier
from benchmarks.measurement import Measurement, Results
from benchmarks.peaks import Peaks
from runtime.measure import quantile


@dataclass(frozen=True)
class Row:
    """A measurement with what else is known of it. name: what its model is called among the others.
    original: what its float32 original answered to the same pictures. is_best: no other on its host is both faster and
    more accurate. times_fastest: how many times longer a query takes than the fastest's in the same scenario on its
    host, by the turns that the two took; None where that is not of the same run.
    """

    measurement: Measurement
    name: str
    answers: Answers | None
    original: Answers | None
    peaks: Peaks | None
    is_best: bool = False
    times_fastest: Estimate | None = None

    @property
    def top1(self) -> Share | None:
        return self.answers.top(1) if self.answers else None

    @property
    def agreement(self) -> Share | None:
        return self.answers.agreement(self.original) if self.answers and self.original else None

    def seconds(self, step: str, share: float) -> float | None:
        """A quantile of the times of a step (`total_seconds`, ...); None where it was not timed."""
        times = self.measurement.times(step)
        return quantile(times, share) if times else None

    @property
    def macs_a_second(self) -> float | None:
        """What the network reaches while it is invoked."""
        seconds = self.seconds("invoke_seconds", 0.5)
        return self.measurement.macs / seconds if self.measurement.macs and seconds else None

    @property
    def share_of_peak(self) -> float | None:
        reached = self.macs_a_second
        return reached / self.peaks.macs_a_second(self.measurement.card.recipe) if reached and self.peaks else None

    @property
    def energy_joules(self) -> float | None:
        """Of a picture, over all rounds."""
        parts = self.measurement.rounds
        energies = [part.conditions.energy_joules for part in parts]
        known = [energy for energy in energies if energy is not None]
        pictures = sum(part.all_runs for part in parts) * self.measurement.pictures_a_query
        return sum(known) / pictures if len(known) == len(parts) else None


def host_name(measurement: Measurement) -> str:
    """What tells a host from the others of a report: boards of one kind may all be called `raspberrypi`."""
    return measurement.subject.host or measurement.host.name


def make_rows(results: Results) -> list[Row]:
    """All measurements, host by host, fastest first."""
    measured = sorted(results.measurements, key=lambda m: (host_name(m), m.latency.value / m.pictures_a_query))
    rows = [
        Row(
            measurement=m,
            name=results.names[m.subject.model],
            answers=results.answers_of(m.subject),
            original=_find_original(m, results),
            peaks=next((p for p in results.peaks if (p.host, p.threads) == (m.subject.host, m.subject.threads)), None),
        )
        for m in measured
    ]
    best = {id(row.measurement) for row in frontier(rows)}
    return [
        replace(row, is_best=id(row.measurement) in best, times_fastest=_times_fastest(row.measurement, measured))
        for row in rows
    ]


def _times_fastest(measurement: Measurement, measured: Sequence[Measurement]) -> Estimate | None:
    """measured: fastest first."""

    def kind(m: Measurement) -> tuple[object, ...]:
        return host_name(m), m.subject.scenario, m.pictures_a_query

    return measurement.ratio_to(next(other for other in measured if kind(other) == kind(measurement)))


def _find_original(measurement: Measurement, results: Results) -> Answers | None:
    """The answers of the float32 file that was made from the same source, on the same host; not of the file itself."""
    source = measurement.card.provenance.source_sha256
    for other in results.measurements:
        if (
            source
            and other.card.provenance.source_sha256 == source
            and other.card.recipe == "float32"
            and other.file_sha256 != measurement.file_sha256
            and other.subject.host == measurement.subject.host
        ):
            return results.answers_of(other.subject)
    return None


def frontier(rows: Sequence[Row]) -> list[Row]:
    """Of each host the rows of single pictures that no other one beats in both latency (p50) and accuracy."""
    best: list[Row] = []
    for host in dict.fromkeys(host_name(row.measurement) for row in rows):
        mine = [row for row in accurate(rows) if host_name(row.measurement) == host]
        points = [(row.measurement.latency.value, row.top1.value) for row in mine if row.top1]
        best += [mine[number] for number in find_frontier(points)]
    return best


def accurate(rows: Sequence[Row]) -> list[Row]:
    """What was measured to the end: the latency of single pictures, and accuracy."""
    return [row for row in rows if row.answers is not None and row.measurement.pictures_a_query == 1]
