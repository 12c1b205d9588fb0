"""Golden samples: a few tiny pictures with this file's own answers, for a self-test on the device."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from convert.agreement import ScorePicture
from convert.observer import Observer
from runtime.card import GoldenSample, ModelCard
from runtime.dataset import DataSet
from runtime.image import Picture, fit_image
from runtime.picture import ReducedPicture, open_picture

COUNT = 3
MAX_SIDE = 96
# A photo of these few colours is a fifth of its size. It is answered like any other, though it is not as pretty.
COLOURS = 16
# Decimals of a score in the card: finer than any quantization, coarser than what threads do to the last bit.
_DECIMALS = 4
# So many pictures are tried: enough for COUNT classes that the file is sure of.
CANDIDATES = 40


def make_golden(data: DataSet, card: ModelCard, score: ScorePicture, observer: Observer) -> tuple[GoldenSample, ...]:
    """At most COUNT pictures of distinct classes, those that the file is surest of, at most MAX_SIDE pixels a side."""
    samples = []
    candidates = data.sample(CANDIDATES)
    for _, picture in observer.track(candidates.pictures(observer.skip), "golden samples", len(candidates)):
        png = _encode(_shrink(picture))
        scores = score(fit_image(open_picture(png), card.input, card.fit))  # as the device opens it
        best = int(scores.argmax())
        samples.append(GoldenSample(png, card.labels[best], round(float(scores[best]), _DECIMALS)))
    chosen: list[GoldenSample] = []
    for sample in sorted(samples, key=lambda sample: -sample.score):
        if len(chosen) < COUNT and sample.label not in {other.label for other in chosen}:
            chosen.append(sample)
    return tuple(chosen)


def _shrink(picture: Picture) -> Image.Image:
    whole = picture.image if isinstance(picture, ReducedPicture) else picture
    small = Image.fromarray(np.squeeze(whole)) if isinstance(whole, np.ndarray) else whole.copy()
    small.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BOX)
    return small if small.mode == "L" else small.quantize(COLOURS, dither=Image.Dither.NONE)


def _encode(image: Image.Image) -> bytes:
    png = io.BytesIO()
    image.save(png, "PNG", optimize=True)
    return png.getvalue()
