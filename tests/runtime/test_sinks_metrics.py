"""--metrics: scraped as Prometheus does, over HTTP."""

from __future__ import annotations

import math
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from runtime.errors import OutputError
from runtime.events import SourceEvent
from runtime.sinks.metrics import Metrics
from runtime.temperature import read_temperatures
from tests.conftest import ROOT
from tests.runtime.results import make_result, wait_until


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    with closing(Metrics(0, clock=lambda: 1000.0, temperatures=lambda: (("cpu-thermal", 48.5),))) as opened:
        yield opened


@pytest.fixture
def scrape(metrics: Metrics) -> Callable[[], dict[str, float]]:
    """Reads the figures: `name{labels}` to value, in the text format that Prometheus reads."""

    def read() -> dict[str, float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics.port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in lines if not re.search("_created", name)}

    return read


def test_frames_their_latency_and_those_passed_over_are_counted(
    metrics: Metrics, scrape: Callable[[], dict[str, float]]
) -> None:
    for index in (0, 1, 2, 5, 6, 9):
        metrics.write(make_result(1, index=index, at=990 + index))
    figures = scrape()
    assert figures["edgeframe_frames_total"] == 6
    assert figures["edgeframe_frames_dropped_total"] == 4
    assert figures["edgeframe_frame_age_seconds"] == 1
    for stage, seconds in (("prepare", 0.001), ("invoke", 0.005), ("total", 0.0065), ("age", 0.020)):
        assert figures[f'edgeframe_latency_seconds_count{{stage="{stage}"}}'] == 6
        assert figures[f'edgeframe_latency_seconds_sum{{stage="{stage}"}}'] == pytest.approx(6 * seconds)
    assert figures['edgeframe_latency_seconds_bucket{le="0.0025",stage="invoke"}'] == 0
    assert figures['edgeframe_latency_seconds_bucket{le="0.01",stage="invoke"}'] == 6


def test_the_age_of_the_newest_frame_grows_while_none_comes(
    metrics: Metrics, scrape: Callable[[], dict[str, float]]
) -> None:
    assert math.isnan(scrape()["edgeframe_frame_age_seconds"])
    metrics.write(make_result(1, at=940))
    assert scrape()["edgeframe_frame_age_seconds"] == 60


def test_frames_of_another_source_or_a_camera_that_starts_anew_are_not_taken_for_dropped(
    metrics: Metrics, scrape: Callable[[], dict[str, float]]
) -> None:
    for source, index in (("a.jpg", 0), ("b.jpg", 5), ("camera", 100), ("camera", 0), ("camera", 1)):
        metrics.write(make_result(1, source=source, index=index))
    assert scrape()["edgeframe_frames_dropped_total"] == 0


def test_what_becomes_of_the_camera_is_told(metrics: Metrics, scrape: Callable[[], dict[str, float]]) -> None:
    for state, reopenings in (("opening", 0), ("live", 0), ("lost", 0), ("opening", 1), ("opening", 2), ("stalled", 2)):
        metrics.write_event(SourceEvent("shed", state, reopenings=reopenings))
    figures = scrape()
    assert figures['edgeframe_source_reopenings_total{source="shed"}'] == 2
    assert figures['edgeframe_source_events_total{source="shed",state="opening"}'] == 3
    assert figures['edgeframe_source_state{edgeframe_source_state="stalled",source="shed"}'] == 1
    assert figures['edgeframe_source_state{edgeframe_source_state="live",source="shed"}'] == 0


def test_a_hostile_source_name_stays_within_its_quotes(
    metrics: Metrics, scrape: Callable[[], dict[str, float]]
) -> None:
    metrics.write_event(SourceEvent('a"} 1\nedgeframe_frames_total 99\n', "live"))
    assert scrape()["edgeframe_frames_total"] == 0


def test_a_source_whose_name_is_no_utf_8_is_told_all_the_same(
    metrics: Metrics, scrape: Callable[[], dict[str, float]]
) -> None:
    metrics.write_event(SourceEvent(os.fsdecode(b"shed \xff.mp4"), "live"))
    assert scrape()['edgeframe_source_events_total{source="shed ?.mp4",state="live"}'] == 1


@pytest.mark.parametrize("sent", [b"", b"GET /met", b"GET /metrics HTTP/1.1\r\n\r\n"])
def test_a_client_that_goes_away_is_no_traceback(
    metrics: Metrics, scrape: Callable[[], dict[str, float]], capfd: pytest.CaptureFixture[str], sent: bytes
) -> None:
    for _ in range(5):
        client = socket.create_connection(("127.0.0.1", metrics.port), 10)
        client.sendall(sent)
        # A connection closed so is reset, as by a probe that has seen that the port is open.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    scrape()
    wait_until(lambda: not any("process_request" in thread.name for thread in threading.enumerate()))
    assert capfd.readouterr().err == ""


def test_the_temperature_is_told(scrape: Callable[[], dict[str, float]]) -> None:
    assert scrape()['edgeframe_temperature_celsius{zone="cpu-thermal"}'] == 48.5


def test_temperatures_are_the_kernel_s_and_a_silent_sensor_is_left_out(tmp_path: Path) -> None:
    for number, (kind, value) in enumerate((("cpu-thermal", "48312\n"), ("gpu", "off"), ("acpitz", "27800"))):
        zone = tmp_path / f"thermal_zone{number}"
        zone.mkdir()
        (zone / "type").write_text(kind + "\n")
        (zone / "temp").write_text(value)
    (tmp_path / "thermal_zone3").mkdir()
    assert read_temperatures(tmp_path) == (("cpu-thermal", 48.312), ("acpitz", 27.8))
    assert read_temperatures(tmp_path / "none") == ()


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OutputError, match=f"--metrics {port}: Address already in use; give another port"):
            Metrics(port)


def test_closing_leaves_neither_port_nor_thread_behind() -> None:
    before = set(threading.enumerate())
    metrics = Metrics(0)
    metrics.close()
    with socket.create_server(("0.0.0.0", metrics.port)):
        assert set(threading.enumerate()) == before


def test_without_prometheus_client_the_command_that_brings_it_is_told() -> None:
    code = "import sys; sys.modules['prometheus_client'] = None; import runtime.sinks.metrics"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "OutputError: --metrics needs prometheus-client" in done.stderr
    assert done.stderr.strip().endswith("pip install 'edgeframe[serve]'")
