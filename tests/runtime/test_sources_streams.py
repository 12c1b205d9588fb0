"""Real servers, killed, frozen and brought back: what a live source makes of it. Bounds are on states, not on speed."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from examples.clips import write_clip
from runtime.card import Fit, InputSize, ModelCard
from runtime.errors import SourceError, UsageError
from runtime.events import SourceEvent
from runtime.sources import SourceOptions, open_camera, open_source
from runtime.sources.scaler import VideoScaler
from tests.runtime.reader import Classifying, Reader
from tests.runtime.streams import (
    MJPEG_COMMAND,
    RTSP_COMMAND,
    FileServer,
    MjpegServer,
    ServerProcess,
    TransportServer,
)

CARD = ModelCard("rgb", "mean colour", ("red", "green", "blue"), InputSize(16, 16), Fit())
RED = np.broadcast_to(np.uint8((255, 0, 0)), (96, 128, 3)).copy()


def needs_rtsp_server() -> None:
    asked = [RTSP_COMMAND[0], "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"]
    if not Path(asked[0]).exists() or subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("no RTSP server on this machine: tests/install_parts.sh rtsp")


@pytest.fixture(params=["http", pytest.param("rtsp", marks=pytest.mark.rtsp)])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[str, ServerProcess]]:
    """The address of a running server, and its process."""
    if request.param == "rtsp":
        needs_rtsp_server()
    server = ServerProcess(RTSP_COMMAND if request.param == "rtsp" else MJPEG_COMMAND)
    server.start()
    path = "test" if request.param == "rtsp" else ""
    yield f"{request.param}://admin:secret@127.0.0.1:{server.port}/{path}", server
    server.kill()


def test_a_server_that_is_killed_and_frozen_is_read_again_when_it_is_back(served: tuple[str, ServerProcess]) -> None:
    url, server = served
    with Reader(url, CARD, SourceOptions(timeout=2)) as reader:
        assert reader.wait_for("live").reopenings == 0
        server.kill()
        lost = reader.wait_for("lost")
        server.start()
        assert reader.wait_for("live", 2).reopenings == 1
        server.freeze()
        stalled = reader.wait_for("stalled")
        server.thaw()
        back = reader.wait_for("live", 3)
        assert back.reopenings == 2
    assert [frame.index for frame in reader.frames] == sorted({frame.index for frame in reader.frames})
    assert "check that it is on" in lost.reason
    assert "gave no frame for 2 s" in stalled.reason
    assert not any("secret" in f"{event.reason} {event.source}" for event in reader.events)
    assert back.dropped + len(reader.frames) >= reader.frames[-1].index


def test_a_server_that_stays_away_is_given_up_after_the_retries(served: tuple[str, ServerProcess]) -> None:
    url, server = served
    with Reader(url, CARD, SourceOptions(timeout=2, retries=1)) as reader:
        reader.wait_for("live")
        server.kill()
        reader.wait_for("lost", 2)
    assert "given up after 1 retries (--retries)" in reader.error
    assert "secret" not in reader.error


def test_a_server_that_is_not_there_yet_is_waited_for() -> None:
    server = ServerProcess(MJPEG_COMMAND)
    with Reader(f"http://127.0.0.1:{server.port}/", CARD, SourceOptions(timeout=2, wait=True)) as reader:
        reader.wait_for("lost")
        server.start()
        reader.wait_for("live")
    server.kill()
    assert reader.error == ""


def test_a_server_that_never_answers_ends_the_wait() -> None:
    with MjpegServer(RED, silent=True) as server:
        source = open_camera(server.url, CARD, options=SourceOptions(timeout=1))
        with source, pytest.raises(SourceError, match="did not open within 1 s; check that it is on"):
            next(iter(source))


@pytest.mark.parametrize("state", ["opening", "live", "stalled", "lost"])
def test_the_command_ends_soon_when_it_is_told_to_whatever_the_state_of_its_camera(state: str) -> None:
    with MjpegServer(RED, silent=state == "opening") as server:
        url = "http://127.0.0.1:9/" if state == "lost" else server.url
        with Classifying("--camera", url, "--camera-timeout", "1" if state == "stalled" else "30", "--wait") as command:
            if state == "stalled":
                command.wait_for("live")
                server.frozen.set()
            command.wait_for(state)
            started = time.monotonic()
        ended = time.monotonic()
    assert command.status == 143
    assert "Traceback" not in command.error
    assert ended - started < 5, "2 s on a machine that is not busy"


def test_a_slow_reader_gets_the_newest_frame() -> None:
    with MjpegServer(RED, rate=50) as server, open_camera(server.url, CARD) as source:
        indices = []
        for frame in islice(source, 6):
            indices.append(frame.index)
            time.sleep(0.2)
            assert time.monotonic() - frame.captured_at < 1, "frames were queued instead of dropped"
    assert (np.diff(indices[1:]) > 2).all(), f"frames were queued instead of dropped: {indices}"


@pytest.mark.parametrize("kind", ["each picture whole", "every 25th picture whole"])
def test_what_is_decoded_is_new_however_slowly_a_device_decodes(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits in the buffers of the network, some hundred of these pictures, is passed over and counted."""
    numbered = [np.full((48, 64, 3), 2 * number, np.uint8) for number in range(100)]

    def fit_slowly(self: VideoScaler, picture: Any) -> np.ndarray:
        time.sleep(0.2)
        return fit(self, picture)

    fit = VideoScaler.fit
    monkeypatch.setattr(VideoScaler, "fit", fit_slowly)
    is_each_whole = kind == "each picture whole"
    server = MjpegServer(*numbered, rate=50) if is_each_whole else TransportServer(*numbered, rate=50, whole=25)
    with server, open_camera(server.url, CARD) as source:
        behind, index = [], 0
        for frame in islice(source, 15):
            behind.append((server.sent - round(float(frame.image.mean()) / 2)) % len(numbered))
            index = frame.index
    # A picture is fitted for 10 others, while the next one may be taken; had none been passed over, 70 would wait.
    # Of those that build on each other, the one that is fitted may be as old as the newest whole one, 25 others, too.
    assert max(behind[5:]) < (35 if is_each_whole else 60), behind
    assert index > 40


def test_a_stream_without_sound_opens_soon() -> None:
    """FLV does not say what will be in it: FFmpeg would wait for a sound for 5 s."""
    with TransportServer(RED, rate=25, whole=10, is_flv=True) as server:
        started = time.monotonic()
        with open_camera(server.url, CARD) as source:
            next(iter(source))
        assert time.monotonic() - started < 4


def test_a_camera_that_gives_nothing_but_sound_any_more_is_let_go_of_and_opened_again() -> None:
    with (
        TransportServer(RED, rate=25, whole=10) as server,
        Reader(server.url, CARD, SourceOptions(timeout=2)) as reader,
    ):
        reader.wait_for("live")
        reading = [thread for thread in threading.enumerate() if thread.name in (f"capture {server.url}", "packets")]
        assert len(reading) == 2
        server.frozen.set()
        reader.wait_for("stalled")
        for thread in reading:
            thread.join(10)
            assert not thread.is_alive(), "what was left still reads the stream"
        server.frozen.clear()
        reader.wait_for("live", 2)


def test_leaving_a_source_leaves_no_thread_behind() -> None:
    with MjpegServer(RED) as server, open_camera(server.url, CARD) as source:
        next(iter(source))
    assert not [thread for thread in threading.enumerate() if thread.name == f"capture {server.url}"]


def test_a_damaged_picture_in_a_stream_is_passed_over() -> None:
    server = MjpegServer(RED, RED)
    server.parts[1] = b"\xff\xd8 no picture \xff\xd9"
    with server, open_camera(server.url, CARD, options=SourceOptions(timeout=2)) as source:
        assert len(list(islice(source, 10))) == 10


def test_a_stream_whose_pictures_all_are_damaged_is_let_go_of_and_opened_again() -> None:
    server = MjpegServer(RED)
    good = server.parts[0]
    with server, Reader(server.url, CARD, SourceOptions(timeout=1)) as reader:
        reader.wait_for("live")
        (first,) = (thread for thread in threading.enumerate() if thread.name == f"capture {server.url}")
        server.parts[0] = b"\xff\xd8 no picture \xff\xd9"
        reader.wait_for("stalled")
        first.join(10)
        assert not first.is_alive(), "what was left still reads the stream"
        server.parts[0] = good
        reader.wait_for("live", 2)


def test_every_frame_of_a_video_file_that_lies_afar_is_read(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [RED] * 10)
    with FileServer(tmp_path) as server, open_camera(f"{server.url}/clip.mp4?token=secret", CARD) as source:
        assert [frame.index for frame in source] == list(range(10))
        assert "secret" not in source.name


@pytest.mark.parametrize("name", ["red.mp4", "red.mkv", "red.avi", "red.mpg"])
def test_what_has_a_length_is_a_recording_behind_camera_too(tmp_path: Path, name: str) -> None:
    write_clip(tmp_path / name, [RED] * 10)
    with FileServer(tmp_path) as server:
        assert not open_camera(f"{server.url}/{name}", CARD).is_live
        with pytest.raises(UsageError, match="which is there or not; leave out --wait"):
            open_source(f"{server.url}/{name}", CARD, options=SourceOptions(wait=True))


def test_a_camera_s_stream_that_is_named_like_a_recording_is_live() -> None:
    with TransportServer(RED, rate=25, whole=10, is_flv=True) as server:
        address = f"{server.url}live/shed.flv"
        with Reader(address, CARD, SourceOptions(timeout=2)) as reader:
            reader.wait_for("live")
            server.frozen.set()
            reader.wait_for("stalled")
            server.frozen.clear()
            reader.wait_for("live", 2)
    # Nobody is there any more.
    with pytest.raises(SourceError, match="check that it is on"):
        open_camera(address, CARD)
    assert open_camera(address, CARD, options=SourceOptions(wait=True)).is_live


@pytest.mark.parametrize("name", ["snapshot.jpg", "snapshot.png"])
def test_the_address_of_one_picture_is_told_as_such(tmp_path: Path, name: str) -> None:
    Image.fromarray(RED).save(tmp_path / name)
    with FileServer(tmp_path) as server:
        source = open_camera(f"{server.url}/{name}", CARD, options=SourceOptions(timeout=2))
        with source, pytest.raises(SourceError, match="is one picture; expected a stream"):
            list(islice(source, 2))


def test_a_playlist_is_read_at_its_own_pace_and_ends(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "tv.m3u8"), "w", format="hls", options={"hls_time": "1"}) as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 128, 96, "yuv420p", 25
        for _ in range(50):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(RED, "rgb24")))
        container.mux(stream.encode())
    events: list[SourceEvent] = []
    with FileServer(tmp_path) as server:
        started = time.monotonic()
        with open_camera(f"{server.url}/tv.m3u8", CARD, on_event=events.append) as source:
            indices = [frame.index for frame in source]
    assert time.monotonic() - started >= 1.9
    assert len(indices) > 25, "one frame of each file of the playlist is all that came"
    assert indices[-1] == 49
    assert [event.state for event in events] == ["opening", "live"]
