"""What is fuzzed: code of the runtime that reads what strangers made."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

from runtime.card import Fit, InputSize, ModelCard
from runtime.card_file import read_card
from runtime.classifier import Classifier
from runtime.foreign import read_told
from runtime.image import fit_image, least_size
from runtime.operators import report_operators
from runtime.picture import open_header, open_picture, open_reduced
from runtime.printable import printable
from runtime.sources.jpeg import JpegFitter
from runtime.sources.options import RawFormat
from runtime.sources.raw import read_raw
from runtime.sources.view import View
from tests.conftest import MODELS
from tests.fuzz.mutations import mutate, mutate_json

CORPUS = Path(__file__).parent / "corpus"
_SIZE = InputSize(8, 8)
_JPEGS = JpegFitter()


@dataclass(frozen=True)
class Target:
    """read: takes the content of a file, and its suffix, as the runtime would; what it may raise is EdgeframeError.
    mutate: makes another file of two. folder, pattern: the files to begin with."""

    read: Callable[[bytes, str], None]
    mutate: Callable[[bytes, bytes, Random], bytes]
    folder: Path
    pattern: str

    @cached_property
    def files(self) -> list[tuple[bytes, str]]:
        """Content and suffix of each file to begin with."""
        return [(path.read_bytes(), path.suffix) for path in sorted(self.folder.glob(self.pattern))]


def _read_picture(content: bytes, suffix: str) -> None:
    whole = open_picture(content)
    assert whole.mode in ("RGB", "L"), whole.mode
    for fit in (Fit("crop", 0.875), Fit("letterbox")):
        assert fit_image(whole, _SIZE, fit).shape == (8, 8, 3)
    reduced = open_reduced(content, least_size(_SIZE, Fit()))
    assert reduced.size == whole.size
    assert fit_image(reduced, _SIZE, Fit()).shape == (8, 8, 3)


def _read_jpeg(content: bytes, suffix: str) -> None:
    """By libav, whose decoders have seen the damaged files before. What it takes, Pillow takes, too."""
    with open_header(content) as header:
        fitted = _JPEGS.fit(header, _SIZE, Fit(), View(), None)
    if fitted is not None:
        assert fitted.shape == fit_image(open_picture(content), _SIZE, Fit()).shape


def _read_card_json(content: bytes, suffix: str) -> None:
    card = ModelCard.from_json(content)
    assert ModelCard.from_json(card.to_json()) == card, "a card that was accepted is another one when it is written"


def _read_card_file(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        path.write_bytes(content)
        read_card(path)


def _read_told(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        path.write_bytes(content)
        read_told(path)


def _read_operators(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        path.write_bytes(content)
        report_operators(path).to_lines()


def _run_model(content: bytes, suffix: str) -> None:
    """As the commands do: what is not known is loaded by a child first."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        path.write_bytes(content)
        classifier = Classifier.load(path, trust=False)
        classifier.classify(fit_image(open_picture(CORPUS / "pictures" / "rgb.png"), _SIZE, Fit("squash")))


def _read_raw_frames(content: bytes, suffix: str) -> None:
    """The first line is what the user would give as --raw."""
    form, _, frames = content.partition(b"\n")
    for frame in read_raw(io.BytesIO(frames), RawFormat.parse(printable(form.decode("utf-8", "replace")))):
        frame.to_ndarray(format="rgb24")


TARGETS = {
    "picture": Target(_read_picture, mutate, CORPUS / "pictures", "*.*"),
    "jpeg": Target(_read_jpeg, mutate, CORPUS / "pictures", "*.jpg"),
    "card": Target(_read_card_json, mutate_json, CORPUS / "cards", "*.json"),
    "card file": Target(_read_card_file, mutate, MODELS, "rgb_*.*"),
    "told": Target(_read_told, mutate, CORPUS / "models", "*.*"),
    "operators": Target(_read_operators, mutate, MODELS, "rgb_*.*"),
    "raw frames": Target(_read_raw_frames, mutate, CORPUS / "raw", "*.*"),
    "model": Target(_run_model, mutate, MODELS, "rgb_*.*"),
}
