"""Variants of the conformance models: with another card, or damaged."""

from __future__ import annotations

import io
import shutil
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from runtime.card import GoldenSample
from runtime.card_file import embed_card, read_card

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
# What rgb_int8.tflite gives its own colour: softmax of 6, 0, 0 in steps of 1/256.
SCORE = 0.996

# Words of rgb_int8.tflite, and what makes LiteRT 2.3 die of the file, found by setting 4,000 bytes and words drawn at
# random (random.Random(1)): its verifier has nothing against them. 35 were segmentation faults, 2 hung.
CRASHING_WORD = (1664, 1)
HANGING_WORD = (1476, 0x7FFFFF00)
# Without `TFL3` in it, no library takes it for a TFLite model.
IDENTIFIER_WORD = (4, 0)


def paint(colour: tuple[int, int, int], side: int = 8) -> np.ndarray:
    return np.broadcast_to(np.uint8(colour), (side, side, 3)).copy()


def make_golden(colour: tuple[int, int, int], label: str, score: float = SCORE) -> GoldenSample:
    png = io.BytesIO()
    Image.fromarray(paint(colour)).save(png, "PNG")
    return GoldenSample(png.getvalue(), label, score)


def copy_with_card(source: Path, target: Path, **changes: Any) -> Path:
    """A copy of a model with some fields of its card changed; it takes its name in one step."""
    card = read_card(source)
    assert card is not None
    being_made = target.with_name(f"made_{target.name}")
    shutil.copy(source, being_made)
    embed_card(being_made, replace(card, **changes))
    being_made.replace(target)
    return target


def copy_damaged(source: Path, target: Path, word: tuple[int, int]) -> Path:
    """A copy of a model with one word of four bytes (its place, its value) changed."""
    content = bytearray(source.read_bytes())
    struct.pack_into("<I", content, *word)
    target.write_bytes(content)
    return target
