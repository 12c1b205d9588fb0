"""A power meter's log file, and the energy of a run from it."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from pathlib import Path

from benchmarks.conditions import with_power_log
from benchmarks.errors import BenchmarkError
from benchmarks.measurement import Results, Round
from benchmarks.power import PowerLog


def read_power_log(path: Path) -> PowerLog:
    """Read a CSV file with the columns `seconds` (since 1970) and `watts`. Its last line does not count before it has
    its end: the meter is still writing it. Raises BenchmarkError for another file."""
    try:
        text = path.read_text("utf-8-sig")
        rows = csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1]))
        if missing := {"seconds", "watts"}.difference(rows.fieldnames or ()):
            raise ValueError(f"no {' and no '.join(sorted(missing))} in its first line")
        readings = sorted((_read_number(row["seconds"]), _read_number(row["watts"])) for row in rows)
    except OSError as error:
        raise BenchmarkError(
            f"{path}: {error.strerror}; start the power meter first, or give its log afterwards: the same command "
            "with --resume --power-log FILE"
        ) from None
    except (ValueError, csv.Error) as error:
        reason = str(error)[:160]
        raise BenchmarkError(
            f"{path}: expected a CSV file with the columns seconds (since 1970) and watts ({reason})"
        ) from None
    return PowerLog(tuple(second for second, _ in readings), tuple(watt for _, watt in readings))


def _read_number(text: str | None) -> float:
    """Raises ValueError: none, or no finite one."""
    if text is None or not math.isfinite(value := float(text)):
        raise ValueError(f"{text or 'nothing'} in place of a number")
    return value


def add_power_log(results: Results, log: PowerLog) -> Results:
    """The results with the energy of each round as a power meter's log has it."""

    def with_energy(part: Round) -> Round:
        return replace(part, conditions=with_power_log(part.conditions, log))

    measured = [replace(m, rounds=tuple(map(with_energy, m.rounds))) for m in results.measurements]
    return replace(results, measurements=tuple(measured))


def describe_gap(results: Results, log: PowerLog) -> str | None:
    """What of a run the log does not span, and the next step; None where it spans all.

    Rounds on other hosts do not count: they do not tell their time."""
    rounds = [part.conditions.spans for m in results.measurements for part in m.rounds if part.conditions.spans]
    outside = [spans for spans in rounds if any(log.energy_joules(*span) is None for span in spans)]
    if not outside:
        return None
    started, ended = min(spans[0][0] for spans in rounds), max(spans[-1][1] for spans in rounds)
    has = f"has seconds {log.seconds[0]:.0f} to {log.seconds[-1]:.0f}" if log.seconds else "has no readings"
    return (
        f"{has}, the run went from {started:.0f} to {ended:.0f} (since 1970): {len(outside)} of {len(rounds)} rounds "
        "have no energy; once the log spans them: the same command with --resume"
    )
