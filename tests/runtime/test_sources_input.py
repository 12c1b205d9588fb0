"""What comes by pattern, by list and as raw frames; video at its own pace; and what is asked on the command line."""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from examples.clips import write_clip
from runtime.card import Fit, InputSize, ModelCard
from runtime.commands.source_arguments import add_source_arguments, read_source_options
from runtime.errors import EdgeframeError, PictureError, SourceError, UsageError
from runtime.sources import Box, RawFormat, SourceOptions, View, open_camera, open_source
from runtime.sources.options import PIXEL_FORMATS
from runtime.sources.pictures import read_names
from runtime.sources.raw import read_raw
from runtime.sources.video_feed import pace
from tests.conftest import MODELS, ROOT, Run

CARD = ModelCard("rgb", "mean colour", ("red", "green", "blue"), InputSize(16, 16), Fit())
RED = np.broadcast_to(np.uint8((255, 0, 0)), (32, 48, 3)).copy()
# YUV keeps a plain colour to a few levels.
CODING_TOLERANCE = 6


def write_pictures(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        Image.fromarray(RED).save(folder / name)


def test_a_pattern_gives_the_pictures_that_it_matches_in_natural_order(tmp_path: Path) -> None:
    write_pictures(tmp_path, "photo10.png", "photo2.png", "sub/photo3.png", "other.png")
    (tmp_path / "photo4.txt").write_text("no picture")
    for pattern, expected in (
        ("photo*", ["photo2.png", "photo10.png"]),
        ("**/photo*.png", ["photo2.png", "photo10.png", "sub/photo3.png"]),
        ("photo?.png", ["photo2.png"]),
    ):
        with open_source(f"{tmp_path}/{pattern}", CARD) as source:
            assert [str(Path(frame.source).relative_to(tmp_path)) for frame in source] == expected


def test_an_address_may_be_longer_than_the_name_of_a_file() -> None:
    with open_source(f"http://127.0.0.1:9/{'a' * 300}.m3u8", CARD) as source:
        assert source.is_video


def write_damaged_clip(path: Path) -> Path:
    """Of five frames, the third is none."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuvj420p"
        for number in range(5):
            for packet in stream.encode(av.VideoFrame.from_ndarray(RED, "rgb24")):
                damaged = av.Packet(b"no picture")
                damaged.stream, damaged.pts, damaged.dts, damaged.time_base = stream, number, number, packet.time_base
                container.mux(damaged if number == 2 else packet)
    return path


def test_frames_of_a_damaged_recording_are_not_counted_as_pictures(run: Run, tmp_path: Path) -> None:
    path = write_damaged_clip(tmp_path / "clip.avi")
    done = run("runtime", "classify", path, "--model", MODELS / "rgb_int8.tflite")
    told = f"runtime: {path}: 1 parts of it are damaged, 4 frames were read; copy it again\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_a_recording_that_is_damaged_in_part_gives_the_rest_and_tells_of_it(tmp_path: Path) -> None:
    path = write_damaged_clip(tmp_path / "clip.avi")
    errors: list[EdgeframeError] = []
    with open_source(str(path), CARD, errors.append) as source:
        assert len(list(source)) == 4
    assert [str(error) for error in errors] == [f"{path}: 1 parts of it are damaged, 4 frames were read; copy it again"]
    with open_source(str(path), CARD) as source, pytest.raises(SourceError, match="1 parts of it are damaged"):
        list(source)
    in_realtime = SourceOptions(realtime=True)
    with open_source(str(path), CARD, errors.append, options=in_realtime) as source:
        assert list(source)
    assert str(errors[1]) == str(errors[0])
    with open_source(str(path), CARD, options=in_realtime) as source, pytest.raises(PictureError, match="are damaged"):
        list(source)


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("photo.png", SourceOptions(realtime=True), "pictures have no pace of their own; leave out --realtime"),
        ("photo.png", SourceOptions(wait=True), "there is nothing to wait for; leave out --wait"),
        ("clip.mp4", SourceOptions(wait=True), "there is nothing to wait for; leave out --wait"),
    ],
)
def test_what_has_no_meaning_for_a_file_is_refused(
    tmp_path: Path, name: str, options: SourceOptions, told: str
) -> None:
    write_pictures(tmp_path, "photo.png")
    write_clip(tmp_path / "clip.mp4", [RED] * 2, rate=25)
    with pytest.raises(UsageError, match=told):
        open_source(str(tmp_path / name), CARD, options=options)


def test_a_pattern_that_matches_nothing_is_told() -> None:
    with pytest.raises(SourceError, match=r"none/\*\.jpg: matches no pictures"), open_source("none/*.jpg", CARD) as s:
        list(s)


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    write_pictures(tmp_path, "photo[1].png", "photo1.png")
    with open_source(f"{tmp_path}/photo[1].png", CARD) as source:
        assert [Path(frame.source).name for frame in source] == ["photo[1].png"]


def test_names_come_a_line_each_whatever_ends_it() -> None:
    lines = io.BytesIO("a.png\n\nfolder/b c.png\r\nünlaut.png".encode())
    assert [str(path) for path in read_names(lines)] == ["a.png", "folder/b c.png", "ünlaut.png"]


@pytest.mark.parametrize("content", [b"a.png\0b.png\0", b"a.png\n\xff\xd8\xff\xe0\0\x10JFIF\0", bytes(100_000)])
def test_what_has_zero_bytes_is_told_to_be_no_list_of_names(content: bytes) -> None:
    with pytest.raises(SourceError, match=r"one a line \(find -print, not -print0\); save a picture"):
        list(read_names(io.BytesIO(content)))


def test_a_line_without_an_end_is_not_gathered_in_memory() -> None:
    with Path("/dev/zero").open("rb") as stream, pytest.raises(SourceError, match="zero bytes"):
        next(read_names(stream))
    assert all(len(str(path)) <= 10_000 for path in read_names(io.BytesIO(b"a" * 100_000)))


def read_standard_input(code: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Runs a script that reads its standard input with `open_source`; `CARD` is there as it is here."""
    imports = "from tests.runtime.test_sources_input import CARD, RawFormat, SourceOptions, open_source\n"
    command = [sys.executable, "-c", imports + code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=60, **options)


def test_the_names_on_standard_input_are_read_as_they_come_and_a_bad_one_is_told(tmp_path: Path) -> None:
    write_pictures(tmp_path, "a.png", "b.png")
    code = "with open_source('-', CARD, lambda error: print('told', error)) as source:\n"
    code += "    for frame in source: print(frame.index, frame.source)"
    # A folder comes first in what `find` prints.
    names = [f"{tmp_path}", f"{tmp_path}/a.png", "missing.png", f"{tmp_path}/b.png"]
    done = read_standard_input(code, input="\n".join(names).encode())
    assert done.stdout.decode().splitlines() == [
        f"told {tmp_path}: is a folder, not a picture; name the pictures in it, as find FOLDER -type f does",
        f"1 {tmp_path}/a.png",
        "told missing.png: no such file",
        f"3 {tmp_path}/b.png",
    ], done.stderr.decode()


def raw_bytes(picture: np.ndarray, pixel_format: str) -> bytes:
    return av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=pixel_format).to_ndarray().tobytes()


@pytest.mark.parametrize("pixel_format", PIXEL_FORMATS)
def test_raw_frames_of_every_format_have_the_right_colour(pixel_format: str) -> None:
    code = f"with open_source('-', CARD, options=SourceOptions(raw=RawFormat(48, 32, '{pixel_format}'))) as source:\n"
    code += "    for frame in source: print(frame.index, *frame.image.reshape(-1, 3).mean(axis=0))"
    done = read_standard_input(code, input=raw_bytes(RED, pixel_format) * 3)
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    assert [line[0] for line in lines] == ["0", "1", "2"], done.stderr.decode()
    expected = (76, 76, 76) if pixel_format == "gray" else (255, 0, 0)
    assert np.abs(np.array(lines[0][1:], float) - expected).max() <= CODING_TOLERANCE


def test_a_last_frame_that_is_cut_off_is_told_after_the_whole_ones() -> None:
    form = RawFormat(48, 32, "rgb24")
    frames = read_raw(io.BytesIO(RED.tobytes() * 2 + b"\0" * 100), form)
    assert len(list(islice(frames, 2))) == 2
    with pytest.raises(SourceError, match=r"frame 2 has 100 of 4,608 bytes; check that --raw 48x32:rgb24 is what"):
        next(frames)


def test_no_raw_frame_at_all_is_told() -> None:
    with pytest.raises(SourceError, match="holds no frame"):
        list(read_raw(io.BytesIO(b""), RawFormat(2, 2, "gray")))


def test_raw_frames_in_realtime_are_the_newest_and_a_silent_pipe_does_not_keep_the_process() -> None:
    code = "options = SourceOptions(raw=RawFormat(48, 32, 'rgb24'), realtime=True)\n"
    code += "import time\n"
    code += "with open_source('-', CARD, options=options) as source:\n"
    code += "    frames = iter(source); frame = next(frames); time.sleep(0.5)\n"
    # On a busy machine all have been read before the first is asked for: that is the newest then, and no other comes.
    code += "    print((frame if frame.index == 19 else next(frames)).index)"
    command = [sys.executable, "-c", "from tests.runtime.test_sources_input import *\n" + code]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(RED.tobytes() * 20)
        process.stdin.flush()
        assert process.stdout.read() == b"19\n"
        assert process.wait(timeout=10) == 0


def test_a_video_file_in_realtime_takes_its_time_and_ends(tmp_path: Path) -> None:
    clip = str(write_clip(tmp_path / "clip.mp4", [RED] * 25, rate=25))
    started = time.monotonic()
    with open_source(clip, CARD, options=SourceOptions(realtime=True)) as source:
        indices = [frame.index for frame in source]
    assert time.monotonic() - started >= 0.9
    assert indices[-1] == 24


def test_frames_are_paced_by_their_timestamps_and_a_jump_or_a_rest_starts_them_anew() -> None:
    now = [100.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        now[0] += seconds

    times = [5.0, 5.04, 5.08, None, 900.0, 900.04, 2.0, 2.04, 2.08]
    paced = pace([SimpleNamespace(time=moment) for moment in times], lambda: now[0], sleep)
    for picture in paced:
        if picture.time == 2.04:
            now[0] += 3  # the network was away; what was missed is not hurried after
    assert slept == [0.04, 0.04, 0.04, 0.04]


def test_a_size_and_a_rate_are_asked_of_cameras_only(tmp_path: Path) -> None:
    for spec, options in (
        ("http://127.0.0.1:9/clip.mp4", SourceOptions(camera_size=(64, 48))),
        (str(write_clip(tmp_path / "clip.mp4", [RED])), SourceOptions(camera_fps=5)),
    ):
        with pytest.raises(UsageError, match="has its own size and rate; leave out --camera-size"):
            open_camera(spec, CARD, options=options)


def test_the_test_camera_has_the_size_and_rate_that_are_asked_of_it() -> None:
    options = SourceOptions(camera_size=(64, 48), camera_fps=10, view=View(crop=Box(0, 0, 64, 48)))
    with open_camera("test", CARD, options=options) as source:
        frames = list(islice(source, 4))
    gaps = np.diff([frame.captured_at for frame in frames])
    assert gaps.mean() >= 0.08


def test_raw_goes_with_standard_input_alone() -> None:
    options = SourceOptions(raw=RawFormat(2, 2, "gray"))
    with pytest.raises(UsageError, match=r"clip\.mp4: --raw is for frames on standard input"):
        open_source("clip.mp4", CARD, options=options)
    with pytest.raises(UsageError, match="runtime classify - --raw 2x2:gray"):
        open_camera("test", CARD, options=options)


def parse(*arguments: str) -> SourceOptions:
    parser = argparse.ArgumentParser()
    add_source_arguments(parser)
    return read_source_options(parser.parse_args(arguments))


def test_without_arguments_the_options_are_the_usual_ones() -> None:
    assert parse() == SourceOptions()


def test_every_argument_has_its_place_in_the_options() -> None:
    camera = "--camera-size 1280x720 --camera-fps 15 --camera-timeout 2.5 --retries 3 --wait --frozen-after 0"
    view = "--rotate 90 --flip v --crop 1,2,30,40 --invert --realtime --raw 640x480:yuv420p"
    assert parse(*camera.split(), *view.split()) == SourceOptions(
        view=View(90, "v", Box(1, 2, 31, 42), invert=True),
        camera_size=(1280, 720),
        camera_fps=15,
        timeout=2.5,
        retries=3,
        wait=True,
        frozen_after=0,
        realtime=True,
        raw=RawFormat(640, 480, "yuv420p"),
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--rotate 45", "--rotate 45: expected 0, 90, 180 or 270"),
        ("--flip up", "--flip up: expected h"),
        ("--crop 1,2,3", "--crop 1,2,3: expected x,y,width,height"),
        ("--camera-size big", "--camera-size big: expected WIDTHxHEIGHT"),
        ("--camera-size 0x5", "--camera-size"),
        ("--camera-fps 0", "--camera-fps 0"),
        ("--camera-fps nan", "--camera-fps nan"),
        ("--camera-timeout 0", "--camera-timeout 0.0: expected seconds above 0"),
        ("--retries -1", "--retries -1: expected 0 or more"),
        ("--frozen-after -2", "--frozen-after -2"),
        ("--raw 640x480", "--raw 640x480: expected WIDTHxHEIGHT:FORMAT"),
        ("--raw 640x480:png", "'png' is none of rgb24, bgr24, gray, yuv420p"),
        ("--raw 641x480:yuv420p", "even width and height"),
        ("--raw 0x480:gray", "width and height may be 1 to"),
    ],
)
def test_what_cannot_be_asked_is_told_with_what_can(arguments: str, told: str) -> None:
    with pytest.raises(EdgeframeError) as raised:
        parse(*arguments.split())
    assert isinstance(raised.value, UsageError)
    assert told in str(raised.value)


def test_a_heic_picture_is_refused_before_one_tile_of_it_is_taken_for_the_whole(tmp_path: Path) -> None:
    """PyAV would show a tile of 512 x 512. It is told of in a folder, too."""
    (tmp_path / "photo.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    for spec in (tmp_path / "photo.HEIC", tmp_path):
        with (
            open_source(str(spec), CARD) as source,
            pytest.raises(PictureError, match=r"photo.HEIC: is no picture that can be read; save it as JPEG or PNG"),
        ):
            list(source)
