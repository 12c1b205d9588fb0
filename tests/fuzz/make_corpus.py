"""Makes the files that fuzzing begins with, beside this file in corpus/: python -m tests.fuzz.make_corpus

Those named found_* are not made here: each is one that broke something once.
"""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from runtime.card import Fit, GoldenSample, InputSize, Measured, ModelCard, Normalisation, Provenance
from runtime.tflite_metadata import BUFFER_NAME
from tests.conftest import MODELS

CORPUS = Path(__file__).parent / "corpus"
_COLOURS = np.random.default_rng(0).integers(0, 256, (12, 20, 4), np.uint8)
_RGBA = Image.fromarray(_COLOURS)
_RGB, _GRAY = _RGBA.convert("RGB"), _RGBA.convert("L")


def _upright_by(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "a description"
    return exif


def make_pictures(folder: Path) -> None:
    _RGB.save(folder / "rgb.png")
    _RGB.resize((64, 48)).save(folder / "rgb.jpg", quality=80)
    _RGB.resize((64, 48)).save(folder / "progressive_turned.jpg", progressive=True, exif=_upright_by(6))
    _RGB.convert("CMYK").save(folder / "cmyk.jpg")
    _RGBA.save(folder / "clear.png")
    _RGBA.quantize(16).save(folder / "palette.png", transparency=3)
    Image.fromarray(_COLOURS[..., 0].astype(np.uint16) * 257).save(folder / "gray16.png")
    _GRAY.convert("1").save(folder / "bits.png")
    _RGB.save(folder / "moving.png", save_all=True, append_images=[_RGB.rotate(180)])
    _RGB.save(folder / "moving.gif", save_all=True, append_images=[_RGB.rotate(180)])
    _RGBA.save(folder / "lossless.webp", lossless=True)
    _RGB.save(folder / "lossy.webp", exif=_upright_by(3))
    _RGB.save(folder / "turned.avif", exif=_upright_by(6))
    _RGB.save(folder / "rgb.bmp")
    _RGB.quantize(16).save(folder / "palette.bmp")
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"):
        _RGB.save(folder / f"{compression}.tif", compression=compression)
    Image.fromarray(_COLOURS[..., 0].astype(np.float32)).save(folder / "float.tif")
    _RGB.save(folder / "rgb.ppm")
    (folder / "plain.pgm").write_text("P2 # a remark\n3 2 255\n0 50 100\n150 200 255\n")


def make_cards(folder: Path) -> None:
    least = ModelCard("least", "cnn", ("no", "yes"), InputSize(8, 8, 1))
    png = io.BytesIO()
    _GRAY.resize((4, 4)).save(png, "PNG")
    full = dataclasses.replace(
        least,
        labels=("rød", "grün", "青"),
        input=InputSize(8, 9),
        fit=Fit("crop", 0.875),
        normalisation=Normalisation((1.5, 2.5, 3.5), (0.5,)),
        measured=Measured("flowers", "test", 200, 0.925, 0.92),
        golden=(GoldenSample(png.getvalue(), "rød", 0.75),),
        provenance=Provenance("flowers.keras", "ab" * 32, ("keras 3.15",), "2026-11-21"),
    )
    for card in (least, dataclasses.replace(full, name="full")):
        (folder / f"{card.name}.json").write_text(card.to_json(), encoding="utf-8")


def make_raw_frames(folder: Path) -> None:
    for form, size in (("8x6:rgb24", 144), ("8x6:gray", 48), ("8x6:yuv420p", 72), ("3x5:bgr24", 45)):
        (folder / f"{form.partition(':')[2]}.raw").write_bytes(f"{form}\n".encode() + _COLOURS.tobytes()[: 2 * size])


def make_foreign_models(folder: Path) -> None:
    """Networks of tests/models as MediaPipe's and Ultralytics' tools would describe them, in place of their cards."""
    from convert.tflite_file import add_buffer
    from convert.tflite_metadata import append_labels, build_metadata

    labels = ("red", "green", "blue")
    card = ModelCard("theirs", "unknown", labels, InputSize(8, 8), normalisation=Normalisation((10.0,), (0.5,)))
    for source in ("rgb_float32.tflite", "rgb_int8.tflite"):
        described = add_buffer(without_zip(MODELS / source), BUFFER_NAME, build_metadata(card, has_labels=True))
        (folder / f"mediapipe_{source[4:]}").write_bytes(append_labels(described, labels))
    told = {"author": "Ultralytics", "task": "classify", "names": dict(enumerate(labels)), "license": "AGPL-3.0"}
    file = io.BytesIO(without_zip(MODELS / "rgb_float32.tflite"))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(zipfile.ZipInfo("metadata.json"), json.dumps(told))
    (folder / "ultralytics.tflite").write_bytes(file.getvalue())


def without_zip(path: Path) -> bytes:
    """A `.tflite` without what was appended to it."""
    with zipfile.ZipFile(path) as archive:
        return path.read_bytes()[: min(entry.header_offset for entry in archive.infolist())]


def main() -> None:
    makers = {"pictures": make_pictures, "cards": make_cards, "raw": make_raw_frames, "models": make_foreign_models}
    for name, make in makers.items():
        (CORPUS / name).mkdir(parents=True, exist_ok=True)
        make(CORPUS / name)


if __name__ == "__main__":
    main()
