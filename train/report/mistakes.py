"""The answers that were most certain, and wrong."""

from __future__ import annotations

from html import escape

from PIL import Image

from train.evaluation import Evaluation, Mistake
from train.report.picture import embed_picture

_TILE = 160  # pixels a side: twice what the page shows, and 24 photos stay within a megabyte or two
_SHORT = 5  # characters of labels that stand side by side below a picture
_SMALL = 64  # pictures up to this are shown pixel by pixel


def show_mistakes(evaluation: Evaluation) -> str:
    """A grid of pictures, each with its class (R) and the one that it was taken for (P)."""
    if not evaluation.mistakes:
        return "<p>None: every test picture was named rightly.</p>"
    tiles = "".join(_tile(mistake, evaluation.labels) for mistake in evaluation.mistakes)
    wrong = evaluation.count - evaluation.correct
    is_short = max(map(len, evaluation.labels)) <= _SHORT
    extent = f"The {len(evaluation.mistakes)} most certain of {wrong:,}" if wrong > len(evaluation.mistakes) else "All"
    return f"""<p>{extent} wrong answers, as the network saw the pictures. <b>R</b> is what a picture really shows,
<b>P</b> what the network predicted, and how sure it was of that. Some may be mistakes of the data; below each
stands where it has the picture.</p>
<div class="tiles{" short" if is_short else ""}">{tiles}</div>"""


def _tile(mistake: Mistake, labels: tuple[str, ...]) -> str:
    actual, predicted = escape(labels[mistake.actual]), escape(labels[mistake.predicted])
    image = Image.fromarray(mistake.picture[:, :, 0] if mistake.picture.shape[2] == 1 else mistake.picture)
    where = escape(mistake.where)
    small = ' class="small"' if max(image.size) <= _SMALL else ""
    image.thumbnail((_TILE, _TILE))
    return f"""<figure><img{small} alt="{where}" src="{embed_picture(image)}">
<figcaption><span>R: {actual}</span> <span>P: {predicted}</span>
<small>{mistake.score:.1%} sure · {where}</small></figcaption></figure>"""
