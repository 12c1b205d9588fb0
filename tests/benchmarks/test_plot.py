"""The plot: its names can be read."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.text import Text

from benchmarks.measurement import Measurement
from benchmarks.peaks import Peaks
from benchmarks.report.plot_labels import Label, place_labels
from benchmarks.report.plot_names import names_of
from benchmarks.report.plots import PLOTS, save_png
from benchmarks.report.rows import Row, make_rows
from benchmarks.results_file import write_results
from tests.benchmarks.figures import make_results, make_round
from tests.conftest import ROOT

# Four families of models, each in three forms that differ little: as crowded as a real comparison is.
CROWD = [
    Label(f"flowers_{family}_{form}.tflite", "black", x * (1 + 0.2 * number), y + 0.3 * number, y - 4, y + 4)
    for family, x, y in (("cnn", 0.3, 61.0), ("mobilenet_0.25", 0.9, 84.0), ("efficientnet_lite0", 5.0, 91.0))
    for number, form in enumerate(("int8", "float16", "float32", "dynamic"))
]

BALINESE = "ᬅᬆ"  # letters that next to no machine has a font for


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


@pytest.mark.parametrize("correct", [0, 137, 200])
def test_a_single_model_can_be_drawn_in_every_plot(tmp_path: Path, correct: int) -> None:
    results = make_results(("only.tflite", 0.01, correct))
    results = replace(results, peaks=(Peaks("", 1, 2e10, 1e11, 5e9, 5e9),))
    for plot in PLOTS:
        figure = plot.draw(make_rows(results))
        assert figure is not None
        save_png(figure, tmp_path / f"{plot.name}.png")
        assert (tmp_path / f"{plot.name}.png").stat().st_size > 10_000


def test_names_with_dollars_are_drawn_as_they_are(tmp_path: Path) -> None:
    # As formulas the first has no meaning, and of the second the dollars would be missing.
    results = make_results(("a$^$.tflite", 0.01, 150), ("x$(id)${a}.tflite", 0.02, 180))
    results = replace(results, peaks=(Peaks("", 1, 2e10, 1e11, 5e9, 5e9),))
    for plot in PLOTS:
        figure = plot.draw(make_rows(results))
        assert figure is not None
        save_png(figure, tmp_path / f"{plot.name}.png")
        names = [text for text in figure.findobj(Text) if text.get_text() in ("a$^$", "x$(id)${a}")]
        assert names and not any(text.get_parse_math() for text in names)


def test_letters_that_the_plots_font_lacks_are_of_a_font_that_has_them(tmp_path: Path) -> None:
    """And nothing is said where there is none, as matplotlib would of each letter and plot."""
    write_results(tmp_path / "results.json", make_results((f"{BALINESE}.tflite", 0.01, 150)))

    def draw(out: str) -> bytes:
        """With the fonts below the folder, and a cache of matplotlib's that is older than these."""
        home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), "MPLCONFIGDIR": str(tmp_path / "mpl")}
        command = [sys.executable, "-m", "benchmarks", "report", "results.json", "--out", out]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **home}
        done = subprocess.run(command, check=True, cwd=tmp_path, env=environment, capture_output=True, timeout=120)
        assert done.stderr == b""
        return (tmp_path / out / "pareto.png").read_bytes()

    without = draw("without")
    font = TTFont(findfont(FontProperties()))
    for table in font["cmap"].tables:
        table.cmap = dict.fromkeys(map(ord, BALINESE), "W")
    for record in font["name"].names:
        record.string = "Balinese"
    (tmp_path / "data" / "fonts").mkdir(parents=True)
    font.save(tmp_path / "data" / "fonts" / "balinese.ttf")
    assert draw("with") != without


def test_without_accuracy_there_is_nothing_to_draw_it_against() -> None:
    rows = make_rows(make_results(("only.tflite", 0.01, None)))
    assert {plot.name for plot in PLOTS if plot.draw(rows) is None} == {"pareto", "size", "memory", "roofline"}


def test_names_say_no_more_than_tells_them_apart() -> None:
    one = make_rows(make_results(("cnn.tflite", 0.01, 100)))[0].measurement
    onnx = replace(one, subject=replace(one.subject, model="cnn.onnx"))
    threads = replace(one, subject=replace(one.subject, threads=2))

    def names(*measured: Measurement) -> list[str]:
        return names_of([Row(m, m.subject.name, None, None, None) for m in measured])

    assert names(one) == ["cnn"]
    assert names(one, onnx) == ["cnn.tflite", "cnn.onnx"]
    assert names(one, onnx, threads) == ["cnn.tflite, 1 thr.", "cnn.onnx, 1 thr.", "cnn.tflite, 2 thr."]


def test_long_names_lose_their_middle_as_far_as_they_still_differ() -> None:
    often = "the-garden-behind-the-house-in-the-last-summer"
    rows = make_rows(make_results(*((f"{often}-{number}-{often}.tflite", 0.01, 100) for number in range(11))))
    (alone,) = names_of(rows[:1])
    assert (len(alone), alone[:8], alone[-6:]) == (44, "the-gard", "summer")
    together = names_of(rows)
    assert len(set(together)) == 11
    assert together[3] == "the-gar…-summer-3-the-ga…t-summer"
    for names in ("s", "m" * 44):
        assert names_of(make_rows(make_results((f"{names}.tflite", 0.01, 100)))) == [names]


def test_the_dot_of_the_spread_is_the_median_of_the_tables() -> None:
    """Which is that of the rounds' medians: of all runs together it is another one, here 2 ms."""
    results = make_results(("only.tflite", 0.01, 100))
    rounds = (make_round(0, (0.002,) * 60), make_round(1, (0.005,) * 20), make_round(2, (0.006,) * 20))
    measured = replace(results.measurements[0], rounds=rounds)
    (spread,) = [plot for plot in PLOTS if plot.name == "latency"]
    figure = spread.draw(make_rows(replace(results, measurements=(measured,))))
    assert figure is not None
    (dot,) = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert list(dot.get_xdata()) == [5.0]  # type: ignore[arg-type]


def test_logarithmic_axes_are_written_in_plain_numbers() -> None:
    results = make_results(("quick.tflite", 0.002, 100), ("slow.tflite", 0.2, 150))
    results = replace(results, peaks=(Peaks("", 1, 2e10, 1e11, 5e9, 5e9),))
    axes = {plot.name: figure.axes[0] for plot in PLOTS if (figure := plot.draw(make_rows(results)))}
    for axis in (axes["pareto"].xaxis, axes["roofline"].xaxis, axes["roofline"].yaxis):
        written = [label.get_text() for label in axis.get_ticklabels() if label.get_text()]
        assert len(written) > 2 and not any("$" in text for text in written)


@pytest.mark.parametrize("count", [10, 12])
def test_of_many_models_only_the_best_have_names_in_the_plot(count: int) -> None:
    # The slower the better, but for the last ones, which are slow and bad.
    models = [(f"net{number}.tflite", 0.01 * number, 100 + number) for number in range(1, 5)]
    models += [(f"bad{number}.tflite", 0.05 * number, 90) for number in range(1, count - 3)]
    figure = PLOTS[0].draw(make_rows(make_results(*models)))
    assert figure is not None
    names = {text.get_text() for text in figure.axes[0].texts}
    bad = {name for name in names if name.startswith("bad")}
    assert {f"net{number}" for number in range(1, 5)} <= names
    assert len(bad) == (6 if count == 10 else 0)
    assert figure.axes[0].get_title(loc="left") == ("" if count == 10 else "gray: 8 others, see the table")
