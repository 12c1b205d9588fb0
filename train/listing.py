"""What `python -m train list` prints."""

from __future__ import annotations

from train.models import ARCHITECTURES, Architecture

_DATA = {"mnist": "MNIST", "cifar10": "CIFAR-10", "cats_dogs": "photo folders"}
_BYTES = 4  # of a float32 parameter


def format_list(networks: tuple[Architecture, ...] = ARCHITECTURES) -> str:
    """Two tables, of at most 120 columns: the networks without ImageNet weights, and those with them."""
    plain = [row for row in networks if not row.weights]
    imagenet = [row for row in networks if row.weights]
    return "\n".join(
        [
            "Networks trained from scratch, with the figures that the classic lessons publish",
            *_tabulate(_LESSON_HEAD, [[*_describe(row), _format_lesson(row), row.purpose] for row in plain]),
            "",
            "Networks with ImageNet weights: top-1 and top-5 in %, depth in layers with weights",
            *_tabulate(
                _IMAGENET_HEAD, [[*_describe(row), *_format_published(row), _format_purpose(row)] for row in imagenet]
            ),
            "",
            "MB: of the float32 weights, as published or else 4 bytes a parameter.",
        ]
    )


_DESCRIBED = ("name", "input", ">parameters", ">MB")
_LESSON_HEAD = (*_DESCRIBED, "published", "for")
_IMAGENET_HEAD = (*_DESCRIBED, ">top-1", ">top-5", ">depth", "for")


def _describe(row: Architecture) -> list[str]:
    megabytes = row.published.megabytes if row.published else None
    if megabytes is None:
        megabytes = row.parameters * _BYTES / 1e6
    return [row.name, str(row.input), f"{row.parameters:,}", f"{megabytes:.{1 if megabytes < 10 else 0}f}"]


def _format_lesson(row: Architecture) -> str:
    if row.lesson is None:
        return "-"
    data, figure = _DATA[row.lesson.data], row.lesson.figure
    if figure is None:
        return data
    return f"{data} {100 * figure:.4g} %{' validation' if row.lesson.validation else ''}"


def _format_published(row: Architecture) -> list[str]:
    assert row.published is not None
    shares = [f"{100 * share:.1f}" if share else "-" for share in (row.published.top1, row.published.top5)]
    return [*shares, str(row.published.depth or "-")]


def _format_purpose(row: Architecture) -> str:
    if row.weights is None or not row.has_width:
        return row.purpose
    return f"{row.purpose}; --alpha {' '.join(f'{alpha:g}' for alpha in row.weights.alphas)}"


def _tabulate(head: tuple[str, ...], rows: list[list[str]]) -> list[str]:
    """Lines of equal columns; one whose head begins with > is set flush right."""
    names = [name.lstrip(">") for name in head]
    widths = [max(map(len, column)) for column in zip(names, *rows)]
    marks = [">" if name.startswith(">") else "<" for name in head]
    return [
        "  ".join(f"{cell:{mark}{width}}" for cell, mark, width in zip(row, marks, widths)).rstrip()
        for row in (names, *rows)
    ]
