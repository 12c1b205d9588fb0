"""What a person reads on a terminal and a program in a pipe, and what neither must see."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import subprocess
import sys
import time

import pytest

from runtime.decisions import Decisions, DecisionSettings
from runtime.events import SourceEvent
from runtime.printable import columns_of, cut_columns, printable, without_credentials
from runtime.sinks import JsonLines, Terminal
from runtime.sinks.json_form import WallClock
from tests.conftest import ROOT
from tests.runtime.results import LABELS, labelled, make_result

STALLED = SourceEvent("shed", "stalled", "no frame for 5 s", reopenings=2, dropped=7)


def test_json_lines_tell_results_and_events_apart() -> None:
    stream = io.StringIO()
    sink = JsonLines(stream)
    sink.write(labelled("cat", at=time.monotonic() - 100))
    sink.write_event(dataclasses.replace(STALLED, at=time.monotonic()))
    result, event = map(json.loads, stream.getvalue().splitlines())
    assert result["captured_at"] == pytest.approx(time.time() - 100, abs=5)
    assert event.pop("at") == pytest.approx(time.time(), abs=5)
    assert event == {
        "event": "stalled",
        "source": "shed",
        "reason": "no frame for 5 s",
        "reopenings": 2,
        "dropped": 7,
    }


def test_a_moment_has_one_time_until_the_clock_is_set() -> None:
    now = {"monotonic": 10.0, "wall": 1000.0}
    clock = WallClock(lambda: now["monotonic"], lambda: now["wall"])
    assert clock.unix_time(4.0) == 994.0
    now.update(monotonic=20.0, wall=1010.00002)  # the two clocks are never read at once
    assert clock.unix_time(4.0) == 994.0
    now.update(monotonic=21.0, wall=1_800_000_000.0)
    assert clock.unix_time(21.0) == 1_800_000_000.0


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"], ids=["a UTF-8 locale", "the C locale"])
def test_a_file_s_name_that_is_no_text_is_still_a_json_line(errors: str) -> None:
    written = io.BytesIO()
    sink = JsonLines(io.TextIOWrapper(written, "utf-8", errors))
    for source in ("ca\udcff.jpg", "chat é.jpg"):
        sink.write(make_result(1, source=source))
    assert [json.loads(line)["source"] for line in written.getvalue().splitlines()] == ["ca\udcff.jpg", "chat é.jpg"]


def test_a_stream_that_replaces_what_it_cannot_write_is_given_escapes() -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, "ascii", "replace")
    JsonLines(stream).write(labelled("café"))
    assert json.loads(written.getvalue())["predictions"][0]["label"] == "café"


def shown_by(terminal_is_live: bool, *written: object) -> str:
    stream = io.StringIO()
    terminal = Terminal(stream, terminal_is_live)
    for item in written:
        terminal.write_event(item) if isinstance(item, SourceEvent) else terminal.write(item)  # type: ignore[arg-type]
    terminal.close()
    return stream.getvalue()


@pytest.mark.parametrize("is_live", [True, False])
def test_nothing_hostile_reaches_the_terminal(is_live: bool) -> None:
    hostile = "\x1b]0;owned\x07\x9b2J\r\n\u202ecat"
    result = make_result(1, labels=(hostile, "other"), source=hostile)
    shown = shown_by(is_live, result, SourceEvent(hostile, "stalled", hostile))
    own = shown.replace("\x1b[K", "").replace("\r", "").replace("\n", "")
    assert own.isprintable()
    assert "owned" in own


@pytest.mark.parametrize("label", ["cat", "줄무늬 고양이", "虎斑猫", "とらねこ"])
def test_the_live_line_takes_one_line_of_the_terminal_whatever_its_alphabet(label: str) -> None:
    shown = shown_by(True, make_result(1, labels=(label * 30, "other"))).rstrip("\n")
    width = shutil.get_terminal_size().columns - 1
    assert width - 1 <= columns_of(shown.replace("\x1b[K", "").lstrip("\r")) <= width
    assert label in shown


@pytest.mark.parametrize(
    ("columns", "cut"),
    [(0, ""), (1, "a"), (2, "a"), (3, "a猫"), (4, "a猫b"), (5, "a猫b"), (6, "a猫b猫"), (99, "a猫b猫")],
)
def test_a_letter_that_takes_two_columns_is_left_out_where_only_one_is_left(columns: int, cut: str) -> None:
    assert cut_columns("a猫b猫", columns) == cut


def test_troubles_of_the_source_are_shown_once_with_their_end() -> None:
    states = ("opening", "live", "stalled", "stalled", "lost", "opening", "lost", "live", "live")
    shown = shown_by(
        True, make_result(1), *[SourceEvent("shed", state, "shed: cable") for state in states], make_result(1)
    )
    lines = [line.rpartition("\r")[2].replace("\x1b[K", "") for line in shown.rstrip("\n").split("\n")]
    assert lines[1:4] == ["shed: stalled (cable)", "shed: lost (cable)", "shed: live (cable)"]
    assert "cat 100 %" in lines[0]
    assert "cat 100 %" in lines[4]
    assert len(lines) == 5


def test_a_frame_without_a_sure_label_is_called_unknown() -> None:
    judged = Decisions(DecisionSettings(threshold=0.5), LABELS, 5).judge(make_result(0.4))
    assert shown_by(False, judged) == "shed: unknown (6.5 ms)\n"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://admin:secret@camera.lan:554/1?x=@", "rtsp://camera.lan:554/1?x=@"),
        ("rtsp://admin:sec@ret@camera.lan/1", "rtsp://camera.lan/1"),
        ("rtsp://admin:sec/ret?a@camera.lan/1", "rtsp://camera.lan/1"),
        ("mqtt://token@[fe80::1]:1883/a@b", "mqtt://[fe80::1]:1883/a@b"),
        (
            "http://camera.lan/live?user=admin&password=secret&size=2",
            "http://camera.lan/live?user=admin&password=***&size=2",
        ),
        ("rtsp://admin:sec ret@camera.lan/1", "rtsp://camera.lan/1"),
        (
            "rtsp://dvr/user=admin_password=sec_ret_channel=1_stream=0.sdp?real_stream",
            "rtsp://dvr/user=admin_password=***_channel=1_stream=0.sdp?real_stream",
        ),
        ("https://cdn/live.m3u8?access_token=sec/ret==&t=1", "https://cdn/live.m3u8?access_token=***&t=1"),
        ("http://camera.lan/?loginuse=admin&loginpas=sec#ret", "http://camera.lan/?loginuse=admin&loginpas=***"),
        ("rtsp://camera.lan/1?psw=secret;x=2", "rtsp://camera.lan/1?psw=***;x=2"),
        ("http://camera.lan/1?login[pw]=secret&x=2", "http://camera.lan/1?login[pw]=***&x=2"),
        ("https://cdn/1.ts?authToken=secret", "https://cdn/1.ts?authToken=***"),
        ("rtmp://cdn/app/1?auth_key=1-0-0-secret", "rtmp://cdn/app/1?auth_key=***"),
        ("https://cdn/1.mp4?X-Amz-Signature=secret&X-Amz-Date=2", "https://cdn/1.mp4?X-Amz-Signature=***&X-Amz-Date=2"),
        ("https://cdn/1.mp4?se=2026&sig=sec%2Fret", "https://cdn/1.mp4?se=2026&sig=***"),
        (
            "rtsp://camera.lan/cam/realmonitor?channel=1&subtype=0",
            "rtsp://camera.lan/cam/realmonitor?channel=1&subtype=0",
        ),
        ("http://camera.lan:80/@admin", "http://camera.lan:80/@admin"),
        ("photos/a@b.jpg", "photos/a@b.jpg"),
    ],
)
def test_addresses_are_shown_without_their_secrets(address: str, shown: str) -> None:
    assert without_credentials(address) == shown
    assert printable(shown) == shown


@pytest.mark.parametrize("piece", ["a", "pass", "key=", "pass=a_", "_channel", "://a:b", "://:", ":", "a@"])
def test_an_address_of_a_stranger_is_shown_in_time_however_long(piece: str) -> None:
    started = time.monotonic()
    without_credentials("rtsp://" + piece * (100_000 // len(piece)))
    assert time.monotonic() - started < 2  # 0.02 s; 10 s where each part is looked for up to the end


LOADING = """
import os, threading
from runtime.sinks.health import tell_on_stderr
from runtime.stderr import quiet_stderr
with quiet_stderr():
    os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate\\n")
    told = threading.Thread(target=tell_on_stderr, args=("the broker is gone",))
    told.start()
    told.join()
tell_on_stderr("it is back")
os.write(2, b"a crash\\n")
"""


def test_what_is_told_while_another_thread_loads_a_model_is_not_lost_with_the_log_of_that() -> None:
    """As that a picture cannot be read, while the other cores begin."""
    done = subprocess.run([sys.executable, "-c", LOADING], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=True)
    assert done.stderr == "runtime: the broker is gone\nruntime: it is back\na crash\n"


def test_a_standard_error_that_is_closed_does_not_keep_a_model_from_loading() -> None:
    code = "import os; from runtime.classifier import DEFAULT_MODEL as m, Classifier; os.close(2); Classifier.load(m)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
