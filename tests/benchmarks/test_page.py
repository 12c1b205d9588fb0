"""The page in a real browser: every plot is drawn, the table sorts, nothing comes from the network."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.measurement import Failure, Results
from benchmarks.peaks import Peaks
from benchmarks.report.page import format_page
from benchmarks.report.plots import COLOUR_NAMES, PLOTS
from tests.benchmarks.figures import make_results

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=5000", "--dump-dom",
)  # fmt: skip
# Put at the end of the page: clicks a title, and leaves the order of the rows and what was drawn as text.
CLICK = """<script>
const title = [...document.querySelectorAll("#figures th")].find((th) => th.textContent === "TITLE");
for (let n = 0; n < CLICKS; n++) title.querySelector("button").click();
const isDrawn = (figure) => figure.querySelectorAll("svg path").length > 5
  && figure.querySelector("svg").getBoundingClientRect().width > 100;
const drawn = [...document.querySelectorAll("figure")].map((figure) => `${figure.id}:${isDrawn(figure)}`);
const names = [...document.querySelectorAll("#figures tbody tr")].map((row) => row.cells[0].textContent);
document.body.innerHTML = `<p id="order">${names.join(" ")}</p><p id="drawn">${drawn.join(" ")}</p>`
  + `<p id="sorted">${title.ariaSort}</p><p id="loaded">${performance.getEntriesByType("resource").length}</p>`;
</script></body>"""
RESULTS: Results = replace(
    make_results(("b.tflite", 0.020, 180), ("a.tflite", 0.010, 190), ("c.tflite", 0.004, None)),
    failures=(Failure("<script>bad.onnx", "is no ONNX model"),),
    peaks=(Peaks("", 1, 2e10, 1e11, 5e9, 5e9),),
)


def read_in_browser(folder: Path, title: str, clicks: int = 1) -> dict[str, str]:
    """What the script above left, by its id."""
    if BROWSER is None:
        pytest.skip("no chromium here: tests/install_parts.sh browser")
    page = folder / "report.html"
    script = CLICK.replace("TITLE", title).replace("CLICKS", str(clicks))
    page.write_text(format_page(RESULTS).replace("</body>", script), "utf-8")
    command = [BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return dict(re.findall(r'<p id="(\w+)">([^<]*)</p>', done.stdout))


@pytest.mark.browser
def test_every_plot_is_drawn_and_nothing_is_loaded(tmp_path: Path) -> None:
    found = read_in_browser(tmp_path, "model")
    assert found["drawn"].split() == [f"plot-{plot.name}:true" for plot in PLOTS]
    assert found["loaded"] == "0"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("title", "clicks", "order"),
    [
        ("model", 1, "a.tflite b.tflite c.tflite"),
        ("model", 2, "c.tflite b.tflite a.tflite"),
        ("p50 ms", 1, "c.tflite a.tflite b.tflite"),
        ("p50 ms", 2, "b.tflite a.tflite c.tflite"),
        ("top-1 % (95 %)", 1, "b.tflite a.tflite c.tflite"),
    ],
)
def test_the_table_sorts_by_numbers_and_by_names(tmp_path: Path, title: str, clicks: int, order: str) -> None:
    found = read_in_browser(tmp_path, title, clicks)
    assert found["order"] == order
    assert found["sorted"] == ("ascending" if clicks == 1 else "descending")


def test_the_page_is_one_file_whose_texts_are_no_markup() -> None:
    page = format_page(RESULTS)
    assert not re.search(r'(src|href)="(?!#)', page)
    assert "url(http" not in page
    assert "&lt;script&gt;bad.onnx" in page
    # In dark all colours have to change, so none of the plots' own is left.
    assert not [colour for colour in COLOUR_NAMES if f": {colour}" in page.partition("<body>")[2]]


def class_table(results: Results) -> list[list[str]]:
    """The texts of the cells below `Class by class`, row by row."""
    section = re.search(r"<h2>Class by class</h2>(.*?)</section>", format_page(results), re.DOTALL)
    assert section is not None
    rows = section[1].split("</tr>")[:-1]
    return [re.findall(r"<t[hd]>([^<]*)", row) for row in rows]


def test_classes_are_matched_by_their_names_whatever_their_order_is() -> None:
    results = make_results(("a.tflite", 0.01, 190), ("b.tflite", 0.02, 190))
    one, other = results.measurements
    # The first is wrong about ten daisies, its last pictures; the other, with its labels swapped, about ten roses.
    daisies = tuple(int(at >= 180 and at % 2 == 0) for at in range(200))
    answers = tuple(replace(answers, ranks=daisies) for answers in results.answers)
    other = replace(other, card=replace(other.card, labels=("rose", "daisy")))
    titles, daisy, rose = class_table(replace(results, measurements=(one, other), answers=answers))
    assert titles == ["class", "a.tflite", "b.tflite"]
    assert [cell.partition(" %")[0] for cell in daisy] == ["daisy", "90", "100"]
    assert [cell.partition(" %")[0] for cell in rose] == ["rose", "100", "90"]


def test_the_titles_of_classes_say_what_differs() -> None:
    results = make_results(("net.tflite", 0.01, 190))
    (one,), (answers,) = results.measurements, results.answers
    backends = replace(results, answers=(answers, replace(answers, backend="tensorflow")))
    assert class_table(backends)[0] == ["class", "net.tflite, litert", "net.tflite, tensorflow"]
    there = replace(one, subject=replace(one.subject, host="pi@shed"))
    hosts = replace(results, measurements=(one, there), answers=(answers, replace(answers, host="pi@shed")))
    assert class_table(hosts)[0] == ["class", "net.tflite, kitchen", "net.tflite, pi@shed"]


def test_the_ids_of_the_plots_do_not_clash() -> None:
    ids = re.findall(r'\bid="([^"]+)"', format_page(RESULTS))
    assert len(ids) == len(set(ids))
