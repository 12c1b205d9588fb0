"""The plot: its names can be read."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from benchmarks.measurement import Results
from benchmarks.plot import draw_pareto
from benchmarks.plot_labels import Label, place_labels
from tests.benchmarks.figures import make_measurement

# Four families of models, each in three forms that differ little: as crowded as a real comparison is.
CROWD = [
    Label(f"flowers_{family}_{form}.tflite", "black", x * (1 + 0.2 * number), y + 0.3 * number, y - 4, y + 4)
    for family, x, y in (("cnn", 0.3, 61.0), ("mobilenet_0.25", 0.9, 84.0), ("efficientnet_lite0", 5.0, 91.0))
    for number, form in enumerate(("int8", "float16", "float32", "dynamic"))
]


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_names_are_inside_the_plot_and_cover_neither_each_other_nor_a_point(scale: str) -> None:
    figure = Figure(figsize=(9, 6), dpi=150)
    renderer = FigureCanvasAgg(figure).get_renderer()
    axes = figure.add_subplot(xscale=scale, xlim=(0.1, 30), ylim=(50, 100))
    crowd = CROWD if scale == "log" else CROWD[::4]
    place_labels(axes, crowd, renderer)
    figure.canvas.draw()
    boxes = [Text.get_window_extent(text, renderer) for text in axes.texts]
    points = axes.transData.transform([(label.x, label.y) for label in crowd])
    assert len(boxes) == len(crowd)
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]
    assert all(axes.bbox.contains(*corner) for box in boxes for corner in box.corners())
    assert not [point for point in points for box in boxes if box.contains(*point)]


@pytest.mark.parametrize("correct", [0, 100, 200])
def test_one_model_alone_can_be_drawn_at_any_accuracy(tmp_path: Path, correct: int) -> None:
    draw_pareto(Results((make_measurement("only.tflite", 0.01, correct),)), tmp_path / "pareto.png")
    assert (tmp_path / "pareto.png").stat().st_size > 10_000


def test_results_without_accuracy_cannot_be_drawn(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected at least one"):
        draw_pareto(Results((make_measurement("only.tflite", 0.01, None),)), tmp_path / "pareto.png")
