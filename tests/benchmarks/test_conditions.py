"""What the machine tells: counters, power meters, tools' answers."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.conditions import Conditions, join_conditions, observe_conditions, with_power_log
from benchmarks.errors import BenchmarkError
from benchmarks.host import is_emulated
from benchmarks.measurement import Results
from benchmarks.power import Energy, PowerLog, difference_joules, read_energy
from benchmarks.power_log import add_power_log, describe_gap, read_power_log
from benchmarks.report.rows import make_rows
from benchmarks.sensors import parse_gpu_memory
from tests.benchmarks.figures import QUIET, make_measurement, make_results, make_round


def test_the_processors_own_counters_are_read_and_added(tmp_path: Path) -> None:
    for name, microjoules in (("intel-rapl:0", 5_000_000), ("intel-rapl:0:0", 1_000_000), ("intel-rapl:1", 250_000)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "energy_uj").write_text(f"{microjoules}\n")
        (tmp_path / name / "max_energy_range_uj").write_text("10000000\n")
    before = read_energy(tmp_path)
    assert before == (Energy(5.0, 10.0), Energy(0.25, 10.0))
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("1000000")  # went round
    (tmp_path / "intel-rapl:1" / "energy_uj").write_text("750000")
    assert difference_joules(before, read_energy(tmp_path)) == pytest.approx(6.5)
    assert difference_joules((), ()) is None
    assert read_energy(tmp_path / "none") == ()


def test_a_power_meters_log_is_integrated_over_the_time_of_a_round(tmp_path: Path) -> None:
    file = tmp_path / "power.csv"
    file.write_text("seconds,watts\n12,4\n10,2\n11,3\n13,4\n")
    log = read_power_log(file)
    assert log == PowerLog((10.0, 11.0, 12.0, 13.0), (2.0, 3.0, 4.0, 4.0))
    # By hand: 2.5 to 3 W over half a second, 3 to 4 W over one, 4 W over half a second.
    assert log.energy_joules(10.5, 12.5) == pytest.approx(2.75 / 2 + 3.5 + 2)
    assert log.energy_joules(9, 12) is None
    assert log.energy_joules(10, 13) == pytest.approx(2.5 + 3.5 + 4)
    assert log.energy_joules(11.25, 11.75) == pytest.approx(3.5 / 2)
    assert with_power_log(replace(QUIET, spans=((11, 12),)), log).energy_joules == 3.5
    # Of two turns: 2 to 2.5 W over half a second, 4 W over a quarter; not what others used between them.
    assert with_power_log(replace(QUIET, spans=((10, 10.5), (12.5, 12.75))), log).energy_joules == 2.25 / 2 + 1
    assert with_power_log(replace(QUIET, spans=((10, 11), (13, 14))), log).energy_joules is None


def test_the_runs_that_were_not_timed_share_the_energy_with_the_others() -> None:
    measured, watts, seconds = make_measurement("a.tflite", 0.1, rounds=1), 5, 0.1
    # Two turns of three runs, of each of which the first was not timed; then one that a single run fills, and one more.
    spans = ((0.0, 0.3), (1.0, 1.3), (2.0, 2.2), (3.0, 3.1))
    part = replace(make_round(0, (seconds,) * 6, replace(QUIET, spans=spans)), turn_runs=(2, 2, 1, 1))
    results = Results((replace(measured, rounds=(part,)),))
    (row,) = make_rows(add_power_log(results, PowerLog((0.0, 10.0), (watts, watts))))
    assert row.energy_joules == pytest.approx(watts * seconds)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("time,watts\n1,2\n", "no seconds in its first line"),
        ("Seconds, Watts\n1,2\n", "no seconds and no watts in its first line"),
        ("", "no seconds and no watts in its first line"),
        ("seconds,watts\n1,much\n", "could not convert"),
        ("seconds,watts\n1,nan\n", "nan in place of a number"),
        ("seconds,watts\n1\n", "nothing in place of a number"),
        ("seconds,watts\n1," + 200_000 * "2" + "\n", "field larger than field limit"),
    ],
)
def test_a_power_log_of_another_form_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "power.csv").write_text(text)
    with pytest.raises(BenchmarkError, match=rf"expected a CSV file with the columns seconds .*\({reason}"):
        read_power_log(tmp_path / "power.csv")


def test_the_line_that_a_power_meter_is_writing_does_not_count_yet(tmp_path: Path) -> None:
    (tmp_path / "power.csv").write_text("seconds,watts\n10,2\n11,3\n1")
    assert read_power_log(tmp_path / "power.csv") == PowerLog((10.0, 11.0), (2.0, 3.0))


def test_a_gap_of_a_power_log_is_told_with_the_clocks_of_both() -> None:
    results = make_results(("a.tflite", 0.01, None))  # 12 rounds, each from 0 to 1
    assert describe_gap(results, PowerLog((0.0, 1.0), (5.0, 5.0))) is None
    gap = describe_gap(results, PowerLog((500.0, 9000.0), (5.0, 5.0)))
    assert gap is not None
    assert gap.startswith(
        "has seconds 500 to 9000, the run went from 0 to 1 (since 1970): 12 of 12 rounds have no energy"
    )
    assert "has no readings" in (describe_gap(results, PowerLog((), ())) or "")


def test_the_load_of_others_and_the_time_are_observed() -> None:
    with observe_conditions() as observed:
        until = time.monotonic() + 0.2
        while time.monotonic() < until:
            pass
    (conditions,) = observed
    ((started, ended),) = conditions.spans
    assert 0.2 <= ended - started < 60
    assert conditions.other_load_cores is None or conditions.other_load_cores > -1


def test_ticks_that_one_turn_lacks_and_another_has_too_many_of_cancel_out() -> None:
    turns = [Conditions(((0.0, 1.0),), other_load_cores=load) for load in (0.3, -0.3, -0.2)]
    assert join_conditions(turns[:2]).other_load_cores == pytest.approx(0)
    assert join_conditions(turns).other_load_cores == 0


def test_a_round_of_a_few_ticks_tells_nothing_of_other_programs() -> None:
    turns = [Conditions(((0.0, 0.1),), other_load_cores=4.1)] * 3
    assert join_conditions(turns[:2]).other_load_cores is None
    assert join_conditions(turns).other_load_cores == pytest.approx(4.1)


def test_the_conditions_of_a_round_are_those_of_its_turns() -> None:
    first = Conditions(((0.0, 1.0),), 50.0, 2e9, False, 0.5, 1, 2.0)
    second = Conditions(((4.0, 7.0),), 60.0, 1e9, True, 0.1, 2, 6.0)
    joined = join_conditions([first, second])
    assert joined.other_load_cores == pytest.approx((0.5 * 1 + 0.1 * 3) / 4)
    spans = ((0.0, 1.0), (4.0, 7.0))
    assert replace(joined, other_load_cores=None) == Conditions(spans, 60.0, 1e9, True, None, 3, 8.0)
    assert join_conditions([first, replace(second, energy_joules=None)]).energy_joules is None


def test_a_process_has_the_gpu_memory_of_its_own_lines() -> None:
    assert parse_gpu_memory("41, 300\n42, 512\n42, 1\n", 42) == 513 * 2**20
    assert parse_gpu_memory("41, 300\n", 42) is None
    assert parse_gpu_memory("42, [N/A]\n", 42) is None


@pytest.mark.parametrize(
    ("machine", "processor", "expected"),
    [
        ("aarch64", "Intel(R) Xeon(R) Processor", True),
        ("x86_64", "QEMU TCG CPU version 2.5+", True),
        ("x86_64", "Intel(R) Xeon(R) Processor", False),
        ("aarch64", "Raspberry Pi 5 Model B Rev 1.0", False),
    ],
)
def test_an_emulated_processor_gives_itself_away(machine: str, processor: str, expected: bool) -> None:
    assert is_emulated(machine, processor) == expected
