"""Which class is taken for which: the confusion matrix, and precision and recall of each class."""

from __future__ import annotations

import math
from html import escape

import numpy as np
from PIL import Image

from train.evaluation import Evaluation
from train.report.picture import embed_picture

MOST_CLASSES = 30  # with more, a table of counts is read by nobody
_MOST_PAIRS = 20
_IMAGE_SIDE = 560
_BLUE, _ORANGE = (0, 114, 178), (213, 94, 0)  # right and wrong, as in page.css


def tabulate_confusion(evaluation: Evaluation) -> str:
    """A table of counts; with many classes an image of it, and the pairs that are mixed up most."""
    if len(evaluation.labels) > MOST_CLASSES:
        return _draw_matrix(evaluation) + _tabulate_pairs(evaluation)
    heads = "".join(
        f'<th scope="col" title="{escape(label)}"><span>{escape(label)}</span></th>' for label in evaluation.labels
    )
    rows = "".join(
        f'<tr><th scope="row" title="{escape(label)}">{escape(label)}</th>{_row(counts, number)}</tr>'
        for number, (label, counts) in enumerate(zip(evaluation.labels, evaluation.confusion.tolist(), strict=True))
    )
    return f"""<p>A row is what the pictures show, a column what the network called them. The deeper the colour, the
larger the share of its row; an empty cell is 0.</p>
<div class="scroll"><table class="matrix"><thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"""


def tabulate_classes(evaluation: Evaluation) -> str:
    """Precision, recall, F1 and support of each class, in their order; with many classes the worst first."""
    columns = zip(
        evaluation.labels,
        evaluation.precision.tolist(),
        evaluation.recall.tolist(),
        evaluation.f1.tolist(),
        evaluation.support.tolist(),
        strict=True,
    )
    rows = list(columns)
    many = len(rows) > MOST_CLASSES
    if many:
        rows.sort(key=lambda row: math.inf if math.isnan(row[3]) else row[3])
    body = "".join(
        f'<tr><th scope="row">{escape(label)}</th>{"".join(map(_share_cell, shares))}<td>{support:,}</td></tr>'
        for label, *shares, support in rows
    )
    return f"""<p>Precision: of the pictures called so, the share that is. Recall: of those that are, the share called
so. F1 is their harmonic mean.{" The worst classes come first." if many else ""}</p>
<div class="scroll{" tall" if many else ""}"><table class="figures shares"><thead><tr>
<th scope="col">class</th><th scope="col">precision</th><th scope="col">recall</th><th scope="col">F1</th>
<th scope="col">pictures</th></tr></thead><tbody>{body}</tbody></table></div>"""


def _row(counts: list[int], actual: int) -> str:
    total = sum(counts)
    return "".join(_cell(count, total, "right" if column == actual else "wrong") for column, count in enumerate(counts))


def _cell(count: int, total: int, kind: str) -> str:
    if not count:
        return "<td></td>"
    heat = math.sqrt(count / total)  # so that one in a hundred can be seen
    return f'<td class="{kind}{" deep" if heat > 0.6 else ""}" style="--heat:{heat:.2f}">{count:,}</td>'


def _draw_matrix(evaluation: Evaluation) -> str:
    """Transparent where nothing is, so that the page's own ground shows in light and dark."""
    confusion = evaluation.confusion
    heat = np.sqrt(confusion / np.maximum(1, confusion.sum(axis=1, keepdims=True)))
    pixels = np.empty((*confusion.shape, 4), np.uint8)
    pixels[..., :3] = _ORANGE
    pixels[np.diag_indices(len(confusion))] = (*_BLUE, 0)
    pixels[..., 3] = np.round(255 * heat)
    factor = max(1, _IMAGE_SIDE // len(confusion))
    image = Image.fromarray(pixels).resize((len(confusion) * factor,) * 2, Image.Resampling.NEAREST)
    return f"""<p>Rows are what the pictures show, columns what the network called them, both in the order of the
classes. Right answers are blue, wrong ones orange; the deeper the colour, the larger the share of its row.</p>
<img class="matrix" alt="confusion matrix of {len(confusion)} classes" src="{embed_picture(image)}">"""


def _tabulate_pairs(evaluation: Evaluation) -> str:
    wrong = evaluation.confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_PAIRS]
    pairs = [(number, *divmod(int(place), len(wrong))) for place in order if (number := int(wrong.flat[place]))]
    if not pairs:
        return "<p>No picture was taken for one of another class.</p>"
    support, labels = evaluation.support, evaluation.labels
    rows = "".join(
        f'<tr><th scope="row">{escape(labels[actual])}</th><th scope="row">{escape(labels[predicted])}</th>'
        f"<td>{number:,} of {support[actual]:,}</td></tr>"
        for number, actual, predicted in pairs
    )
    return f"""<h3>Mixed up most</h3><div class="scroll"><table class="figures pairs"><thead><tr><th scope="col">is</th>
<th scope="col">was called</th><th scope="col">pictures</th></tr></thead><tbody>{rows}</tbody></table></div>"""


def _share_cell(share: float) -> str:
    if math.isnan(share):
        return '<td title="no picture to count it on">–</td>'
    return f'<td class="share" style="--share:{share:.4f}">{share:.1%}</td>'
