"""Pictures and models that were made to do harm: each gives one line, in bounded time and memory."""

from __future__ import annotations

import bz2
import json
import os
import shutil
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.card import InputSize, ModelCard
from runtime.card_file import CARD_ENTRY, MAX_CARD_BYTES, embed_card, read_card
from runtime.errors import ModelError, PictureError, SourceError
from runtime.picture import open_picture
from runtime.printable import without_credentials
from runtime.sources import open_camera, open_source
from tests.conftest import Run

BOMB_BYTES = 200_000_000
CARD = ModelCard("rgb", "mean colour", ("red", "green", "blue"), InputSize(16, 16))


def make_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(0, 0), (0, 7), (2**31 - 1, 2**31 - 1), (2**31 - 1, 1), (60_000, 60_000), (9, 9)])
def test_a_picture_that_claims_what_it_has_not_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError):
        open_picture(make_png(*size))


def test_a_picture_of_0_by_0_is_refused_in_each_format_that_can_say_so() -> None:
    gif = b"GIF89a" + bytes(7) + b"," + bytes(9) + b"\x02\x00;"
    bmp = b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 0, 0, 1, 24, 0, 0, 0, 0, 0, 0)
    for content in (gif, bmp, b"P6 0 0 255\n"):
        with pytest.raises(PictureError):
            open_picture(content)


@pytest.mark.parametrize("content", [b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"%PDF-1.7\n", b"8BPS\0\1"])
def test_only_formats_of_pictures_are_decoded_whatever_the_name_says(tmp_path: Path, content: bytes) -> None:
    """Pillow would hand PostScript to Ghostscript, which runs it."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(content * 20)
    with pytest.raises(PictureError, match="is no picture that can be read"):
        open_picture(path)


def test_a_file_that_is_a_picture_and_a_zip_at_once_is_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "polyglot.png"
    Image.fromarray(np.full((5, 7, 3), 9, np.uint8)).save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("payload.py", "raise SystemExit")
    assert open_picture(path).size == (7, 5)


def test_a_picture_that_is_too_large_is_refused_whatever_reads_it(tmp_path: Path) -> None:
    """PyAV reads this one, as its name does not say that it is a picture."""
    path = tmp_path / "bomb"
    Image.new("1", (16_000, 16_000)).save(path, "PNG")
    with pytest.raises(SourceError, match="more than 180,000,000 pixels"), open_source(str(path), CARD) as source:
        list(source)


def test_a_pipe_named_as_a_video_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    for open_it in (open_source, open_camera):
        with pytest.raises(SourceError, match=r"pipe\.mp4: is a pipe or a device, not a file"):
            open_it(str(tmp_path / "pipe.mp4"), CARD)


def test_levels_of_an_unknown_range_are_not_taken_for_bytes(tmp_path: Path) -> None:
    Image.new("F", (8, 8), 0.5).save(tmp_path / "float.tiff")
    with pytest.raises(PictureError, match="floating-point numbers of an unknown range"):
        open_picture(tmp_path / "float.tiff")


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(PictureError, match=r"pipe\.jpg: is a pipe or a device, not a file"):
        open_picture(tmp_path / "pipe.jpg")


@pytest.mark.parametrize(
    "text",
    [
        '{"card_version": 1, "name": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"card_version": ' + "9" * 5000 + "}",
        json.dumps({"card_version": "x" * 1_000_000}),
        json.dumps({"card_version": 1, "\x1b]0;pwned\x07": 1}),
        json.dumps({"card_version": 1, "scores": "x" * 1_000_000}),
        json.dumps({"card_version": 1, "fit": {"mode": "crop", "fraction": 10**400}}),
        json.dumps({"card_version": 1, "labels": ["a", "b" * 1_000_000]}),
    ],
)
def test_a_hostile_card_is_refused_in_a_line_that_is_fit_to_be_shown(text: str) -> None:
    with pytest.raises(ModelError) as refused:
        ModelCard.from_json(text)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300


def embed_zip(model: Path, content: bytes, claimed: int, kind: int) -> None:
    """A zip whose entry CARD_ENTRY, compressed already, claims another size than it has."""
    name = CARD_ENTRY.encode()
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, kind, 0, 33, 0, len(content), claimed, len(name), 0)
    start = model.stat().st_size
    central = struct.pack(
        "<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, kind, 0, 33, 0, len(content), claimed, len(name), *[0] * 5, start
    )
    body = local + name + content
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(central) + len(name), start + len(body), 0)
    with model.open("ab") as file:
        file.write(body + central + name + end)


@pytest.mark.parametrize("claimed", [10, MAX_CARD_BYTES, MAX_CARD_BYTES + 1])
@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_zip_bomb_is_never_inflated_beyond_what_it_claims(
    run: Run, models: Path, tmp_path: Path, kind: int, claimed: int
) -> None:
    """In a process of its own, whose memory is what is looked at."""
    path = Path(shutil.copy(models / "rgb_int8.tflite", tmp_path))
    if kind == zipfile.ZIP_BZIP2:
        bomb = bz2.compress(bytes(BOMB_BYTES))
    else:
        shrink = zlib.compressobj(wbits=-15)
        bomb = shrink.compress(bytes(BOMB_BYTES)) + shrink.flush()
    embed_zip(path, bomb, claimed, kind)
    done = run("tests.runtime.peak_memory", path)
    assert done.returncode == 0, done.stderr
    refusal, used = json.loads(done.stdout)
    assert refusal
    assert used < BOMB_BYTES, "as much as the bomb holds"


def test_an_entry_beside_the_card_that_claims_too_much_is_refused_when_a_card_is_embedded(
    models: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copy(models / "rgb_int8.tflite", tmp_path))
    card = read_card(path)
    assert card is not None
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.txt", bytes(BOMB_BYTES))
    with pytest.raises(ModelError, match="claims"):
        embed_card(path, card)


def test_an_onnx_file_of_countless_parts_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "parts.onnx"
    path.write_bytes(b"\x08\x01" * 1_000_000)
    with pytest.raises(ModelError, match="more than 100,000 parts"):
        read_card(path)


@pytest.mark.parametrize("name", ["\x1b[31mred", "line\nbreak", "\u202egnp.exe"])
def test_a_file_name_cannot_command_the_terminal(run: Run, models: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.png"
    path.write_bytes(b"no picture")
    for arguments in ((path,), (tmp_path,), (tmp_path / f"{name}.none",)):
        done = run("runtime", "classify", *arguments, "--model", models / "rgb_int8.tflite")
        assert done.returncode == 1
        assert done.stderr.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "password", ["secret", "se@cret", "se/cret", "se:cret", "s%40cret", "sécret", "sec?ret", "sec#ret"]
)
@pytest.mark.parametrize("scheme", ["rtsp", "http", "mqtt", "rtmp"])
def test_a_password_is_not_in_what_is_shown_of_an_address(scheme: str, password: str) -> None:
    shown = without_credentials(f"{scheme}://user:{password}@camera.local:554/stream?token=abc")
    assert password not in shown
    assert "abc" not in shown
    assert "camera.local:554/stream" in shown
