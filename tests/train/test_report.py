"""What a training leaves beside its model: read back as a browser, a program and TensorBoard read it."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import math
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.card import InputSize, ModelCard
from runtime.dataset import DataSet
from runtime.errors import PictureError, TrainingError
from runtime.intervals import wilson_interval
from tests.conftest import ROOT
from train.evaluation import Answers, Evaluation, evaluate
from train.history import EpochMetrics
from train.progress import Progress
from train.report import TrainingReport, report_paths, tensorboard_writer, write_metrics, write_report

HOSTILE = '</td><script src="https://bad.example/x.js">alert(1)</script>&amp;"\''
SECTIONS = [
    "Curves", "Confusion matrix", "Classes", "Worst mistakes", "Calibration", "Network", "Settings", "Model card",
]  # fmt: skip
EPOCHS = (
    EpochMetrics(1, "head", 2.5, 0.25, 2.25, 0.5, 2e-3, 3.5),
    EpochMetrics(2, "head", 1.5, 0.5, 1.75, 0.625, 1e-3, 3.25),
    EpochMetrics(3, "all", 0.5, 0.75, 2.0, 0.5625, 1e-4, 7.5),
)
VOID = {"meta", "img"}


def _evaluation(labels: tuple[str, ...], count: int = 300, seed: int = 0) -> Evaluation:
    generator = np.random.default_rng(seed)
    targets = generator.integers(0, len(labels), count)
    scores = generator.random((count, len(labels))).astype(np.float32)
    scores[np.arange(count), targets] += 0.6
    # A third of the answers is sure, and mostly wrong: over and under the line of a reliability diagram.
    sure = np.arange(0, count, 3)
    scores[sure, generator.integers(0, len(labels), len(sure))] += generator.uniform(1, 9, len(sure))
    scores /= scores.sum(axis=1, keepdims=True)
    pictures = generator.integers(0, 256, (count, 8, 8, 3), np.uint8)
    return evaluate([Answers(scores, targets, pictures, np.arange(count))], labels, "test/cup <{}>.jpg".format)


def _report(labels: tuple[str, ...]) -> TrainingReport:
    return TrainingReport(
        card=ModelCard("digits", "deep_cnn", labels, InputSize(8, 8, 3)),
        settings=(("data", "digits.npz"), ("epochs", 3), ("rate", 2e-3)),
        epochs=EPOCHS,
        best_epoch=2,
        evaluation=_evaluation(labels),
        summary='Model: "deep_cnn"\n┃ Layer (type) ┃ Param # ┃\n<Dense>',
        parameters=54_321,
        file_bytes=1_230_000,
        seconds=125.4,
        skipped=("cup/broken.jpg: is no picture",),
    )


class Page(HTMLParser):
    """All that a page holds: texts, tags with their attributes, and the cells of its tables by the table's class."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._open: list[str] = []
        self._rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self._rows = self.tables.setdefault(dict(attrs)["class"] or "", [])
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if "td" in self._open or "th" in self._open:
            self._rows[-1][-1] += data

    def having(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def _page(report: TrainingReport, folder: Path) -> Page:
    path = folder / "page.html"
    write_report(report, path)
    assert list(folder.iterdir()) == [path]
    return Page(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def report() -> TrainingReport:
    return _report(tuple("0123456789"))


@pytest.fixture(scope="module")
def page(report: TrainingReport, tmp_path_factory: pytest.TempPathFactory) -> Page:
    return _page(report, tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def metrics(report: TrainingReport, tmp_path_factory: pytest.TempPathFactory) -> dict:  # type: ignore[type-arg]
    path = tmp_path_factory.mktemp("metrics") / "digits.metrics.json"
    write_metrics(report, path)
    return json.loads(path.read_text("utf-8"))  # type: ignore[no-any-return]


def _count(evaluation: Evaluation) -> list[list[int]]:
    counts = [[0] * len(evaluation.labels) for _ in evaluation.labels]
    for scores, target in zip(evaluation.probabilities.tolist(), evaluation.targets.tolist()):
        counts[target][scores.index(max(scores))] += 1
    return counts


def test_the_page_has_every_part(page: Page) -> None:
    assert [text for text in page.texts if text in SECTIONS] == SECTIONS
    assert "Pictures that could not be read" in page.texts
    assert "cup/broken.jpg: is no picture" in page.texts
    assert 'Model: "deep_cnn"\n┃ Layer (type) ┃ Param # ┃\n<Dense>' in page.texts
    assert [svg["aria-label"] for svg in page.having("svg")] == [
        "loss by epoch", "accuracy by epoch", "reliability diagram",
    ]  # fmt: skip


def test_the_page_loads_nothing_and_runs_nothing(page: Page) -> None:
    for tag, attributes in page.tags:
        assert tag not in ("script", "link", "iframe", "object", "embed", "a")
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "srcset", "data", "action"):
            assert (attributes.get(name) or "data:").startswith("data:")
    assert not [text for text in page.texts if "@import" in text or "url(" in text]
    policies = [tag["content"] for tag in page.having("meta") if tag.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_the_head_says_how_right_the_model_is(page: Page, report: TrainingReport) -> None:
    counts = _count(report.evaluation)
    correct = sum(counts[number][number] for number in range(10))
    low, high = wilson_interval(correct, 300)
    assert {"digits", f"{correct / 300:.1%}", f"95% interval {low:.1%} to {high:.1%}"} <= set(page.texts)
    assert {"300", f"{correct} right", "54.3 k", "1.2 MB", "2 min 5 s", "best epoch 2 of 3"} <= set(page.texts)


def test_the_table_of_confusion_is_an_independent_count(page: Page, report: TrainingReport) -> None:
    heads, *rows = page.tables["matrix"]
    assert heads == ["", *"0123456789"]
    assert [row[0] for row in rows] == list("0123456789")
    assert [[int(cell or 0) for cell in row[1:]] for row in rows] == _count(report.evaluation)


def test_a_class_name_too_long_for_the_confusion_matrix_can_still_be_read(tmp_path: Path) -> None:
    labels = ("고양이 사진", "a very long name of a class that nobody has room for above a column of counts")
    page = _page(_report(labels), tmp_path)
    titles = [attributes["title"] for attributes in page.having("th") if "title" in attributes]
    assert titles == [*labels, *labels]  # above the columns, beside the rows


def test_the_table_of_classes_is_an_independent_count(page: Page, report: TrainingReport) -> None:
    counts = _count(report.evaluation)
    for number, row in enumerate(page.tables["figures shares"][1:]):
        right, named, seen = counts[number][number], sum(row[number] for row in counts), sum(counts[number])
        f1 = 2 * right / (named + seen)
        assert row == [str(number), f"{right / named:.1%}", f"{right / seen:.1%}", f"{f1:.1%}", str(seen)]


def test_the_worst_mistakes_are_shown_as_the_network_saw_them(page: Page, report: TrainingReport) -> None:
    images = page.having("img")
    assert len(images) == len(report.evaluation.mistakes) == 24
    for image, mistake in zip(images, report.evaluation.mistakes):
        png = base64.b64decode((image["src"] or "").removeprefix("data:image/png;base64,"))
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png))), mistake.picture)
    captions = [text for text in page.texts if text.startswith(("R: ", "P: "))]
    assert captions == [text for m in report.evaluation.mistakes for text in (f"R: {m.actual}", f"P: {m.predicted}")]
    told = [text for text in page.texts if text.endswith(".jpg")]
    assert told == [f"{m.score:.1%} sure · {m.where}" for m in report.evaluation.mistakes]


def test_the_curves_stand_where_their_values_are(page: Page) -> None:
    lines = {
        (line["class"] or "") + str(i // 2): line["points"] or "" for i, line in enumerate(page.having("polyline"))
    }
    places = {name: [tuple(map(float, point.split(","))) for point in line.split()] for name, line in lines.items()}
    assert set(places) == {"line training0", "line validation0", "line training1", "line validation1"}
    values = {"line training0": [2.5, 1.5, 0.5], "line validation0": [2.25, 1.75, 2.0]}
    heights = [(value, y) for name, line in values.items() for value, (_, y) in zip(line, places[name])]
    slopes = {round((y - heights[0][1]) / (value - heights[0][0]), 0) for value, y in heights[1:]}
    assert len(slopes) == 1 and slopes.pop() < 0  # one scale for both lines, upwards; places are rounded to 0.1
    best = next(line for line in page.having("line") if line["class"] == "best")
    assert float(best["x1"] or 0) == places["line training0"][1][0]


def test_settings_stand_as_a_reader_says_them(page: Page) -> None:
    settings = dict(page.tables["settings"])
    assert settings["epochs"] == "3"
    assert settings["rate"] == "0.002"
    assert settings["licence"] == "–"
    assert settings["input"] == "8x8 RGB, crop"


def test_hostile_names_are_text(report: TrainingReport, tmp_path: Path) -> None:
    labels = (HOSTILE, "<b>bold</b>")
    card = dataclasses.replace(report.card, name=HOSTILE, labels=labels)
    hostile = dataclasses.replace(
        report,
        card=card,
        evaluation=_evaluation(labels),
        settings=((HOSTILE, HOSTILE),),
        epochs=tuple(dataclasses.replace(epoch, phase=f"{epoch.phase}{HOSTILE}") for epoch in EPOCHS),
        summary=HOSTILE,
        skipped=(HOSTILE,),
    )
    page = _page(hostile, tmp_path)
    assert not page.having("script")
    assert page.tables["matrix"][0] == ["", *labels]
    assert [HOSTILE, HOSTILE] in page.tables["settings"]
    assert page.texts.count(HOSTILE) >= 5


def test_a_file_name_that_no_text_holds_stands_in_both(report: TrainingReport, tmp_path: Path) -> None:
    """A file of a system with another encoding that is no picture: its name is told, and nothing in it is obeyed."""

    def read(number: int) -> np.ndarray:
        raise PictureError("caf\udce9\n\x1b[2J.jpg: is no picture")

    told = io.StringIO()
    progress = Progress(io.StringIO(), told)
    assert not list(progress.pictures(DataSet("x", "train", ("a", "b"), np.zeros(1, np.int64), read), "reading"))
    assert told.getvalue() == "train: caf???[2J.jpg: is no picture; skipped\n"
    skipped = dataclasses.replace(report, skipped=tuple(progress.skipped))
    assert "caf???[2J.jpg: is no picture" in _page(skipped, tmp_path).texts
    write_metrics(skipped, tmp_path / "page.metrics.json")


@pytest.mark.parametrize("classes", [31, 102])
def test_many_classes_have_an_image_of_the_matrix_and_the_pairs_mixed_up_most(classes: int, tmp_path: Path) -> None:
    report = _report(tuple(f"class {number}" for number in range(classes)))
    page = _page(report, tmp_path)
    counts = _count(report.evaluation)
    matrix = next(image for image in page.having("img") if image.get("class") == "matrix")
    png = base64.b64decode((matrix["src"] or "").removeprefix("data:image/png;base64,"))
    pixels = np.asarray(Image.open(io.BytesIO(png)).resize((classes, classes), Image.Resampling.NEAREST))
    np.testing.assert_array_equal(pixels[..., 3] > 0, np.array(counts) > 0)
    pairs = page.tables["figures pairs"][1:]
    wrong = sorted((counts[i][j] for i in range(classes) for j in range(classes) if i != j), reverse=True)
    assert [int(row[2].split()[0]) for row in pairs] == wrong[: len(pairs)]
    for actual, predicted, text in pairs:
        row = counts[int(actual.split()[1])]
        assert text == f"{row[int(predicted.split()[1])]} of {sum(row)}"
    f1 = [float(row[3].rstrip("%")) for row in page.tables["figures shares"][1:] if row[3] != "–"]
    assert f1 == sorted(f1)


def test_a_perfect_model_of_two_classes_has_a_page(report: TrainingReport, tmp_path: Path) -> None:
    labels, scores = ("cat", "cup"), np.array([[0.0], [1.0]], np.float32)
    answers = Answers(scores, np.array([0, 1]), np.zeros((2, 8, 8, 1), np.uint8), np.arange(2))
    card = dataclasses.replace(report.card, labels=labels)
    page = _page(dataclasses.replace(report, card=card, evaluation=evaluate([answers], labels, str)), tmp_path)
    assert "None: every test picture was named rightly." in page.texts
    assert "top-5" not in page.texts


def test_a_training_that_broke_down_has_a_page_and_figures(report: TrainingReport, tmp_path: Path) -> None:
    broken = EpochMetrics(1, "all", math.nan, 0.1, math.inf, 0.1, 2e-3, 1.0)
    lost = dataclasses.replace(report, epochs=(broken,), best_epoch=1)
    page = _page(lost, tmp_path)
    # The losses have no place; the accuracies, one point each, stand where one epoch does.
    assert [bool(line["points"]) for line in page.having("polyline")] == [False, False, True, True]
    write_metrics(lost, tmp_path / "metrics.json")
    epoch = json.loads((tmp_path / "metrics.json").read_text("utf-8"))["epochs"][0]
    assert (epoch["loss"], epoch["validation_loss"], epoch["accuracy"]) == (None, None, 0.1)


def test_the_metrics_are_an_independent_count(metrics: dict, report: TrainingReport) -> None:  # type: ignore[type-arg]
    counts = _count(report.evaluation)
    correct = sum(counts[number][number] for number in range(10))
    assert metrics["confusion"] == counts
    assert (metrics["count"], metrics["correct"], metrics["top1"]) == (300, correct, correct / 300)
    assert metrics["top1_interval_95"] == list(wilson_interval(correct, 300))
    for number, row in enumerate(metrics["classes"]):
        right, named, seen = counts[number][number], sum(row[number] for row in counts), sum(counts[number])
        assert row == {
            "label": str(number),
            "precision": right / named,
            "recall": right / seen,
            "f1": 2 * right / (named + seen),
            "support": seen,
        }


def test_the_metrics_calibration_error_is_an_independent_count(metrics: dict, report: TrainingReport) -> None:  # type: ignore[type-arg]
    bins: dict[int, list[tuple[float, bool]]] = {}
    for scores, target in zip(report.evaluation.probabilities.tolist(), report.evaluation.targets.tolist()):
        bins.setdefault(math.ceil(max(scores) * 15), []).append((max(scores), scores.index(max(scores)) == target))
    gaps = [abs(sum(score for score, _ in part) - sum(right for _, right in part)) for part in bins.values()]
    # Sums of 300 doubles in another order.
    assert metrics["expected_calibration_error"] == pytest.approx(sum(gaps) / 300, rel=1e-12)


def test_the_metrics_tell_the_run(metrics: dict) -> None:  # type: ignore[type-arg]
    assert metrics["settings"] == {"data": "digits.npz", "epochs": 3, "rate": 0.002}
    assert (metrics["parameters"], metrics["file_bytes"], metrics["train_seconds"]) == (54_321, 1_230_000, 125.4)
    assert metrics["best_epoch"] == 2
    assert metrics["epochs"][2] == {
        "number": 3,
        "phase": "all",
        "loss": 0.5,
        "accuracy": 0.75,
        "validation_loss": 2.0,
        "validation_accuracy": 0.5625,
        "learning_rate": 1e-4,
        "train_seconds": 7.5,
    }
    assert metrics["skipped"] == ["cup/broken.jpg: is no picture"]
    assert ModelCard.from_json(json.dumps(metrics["card"])).name == "digits"


def test_labels_that_look_like_lists_come_back_as_they_were(report: TrainingReport, tmp_path: Path) -> None:
    labels = ("[  1,  2 ]", "[\\n 1]")
    card = dataclasses.replace(report.card, labels=labels)
    write_metrics(
        dataclasses.replace(report, card=card, evaluation=_evaluation(labels), summary="", skipped=("[\n  1\n]",)),
        tmp_path / "metrics.json",
    )
    text = (tmp_path / "metrics.json").read_text("utf-8")
    fields = json.loads(text)
    assert [row["label"] for row in fields["classes"]] == list(labels)
    assert fields["skipped"] == ["[\n  1\n]"]
    assert f"[{fields['confusion'][0][0]}, {fields['confusion'][0][1]}]" in text  # a row on a line


def test_a_file_that_cannot_be_written_whole_leaves_the_old_one(report: TrainingReport, tmp_path: Path) -> None:
    old = tmp_path / "digits.metrics.json"
    old.write_text("old")
    with pytest.raises(TypeError):
        write_metrics(dataclasses.replace(report, settings=(("data", Path("x")),)), old)  # type: ignore[arg-type]
    assert [file.name for file in tmp_path.iterdir()] == [old.name]
    assert old.read_text() == "old"


def test_models_of_one_folder_keep_their_own_reports() -> None:
    assert report_paths(Path("models/v1.2.keras")) == (
        Path("models/v1.2.report.html"),
        Path("models/v1.2.metrics.json"),
    )


def test_a_report_whose_parts_do_not_go_together_is_refused(report: TrainingReport) -> None:
    with pytest.raises(ValueError, match=r"best epoch 4 of \[1, 2, 3\]"):
        dataclasses.replace(report, best_epoch=4)
    with pytest.raises(ValueError, match="other labels"):
        dataclasses.replace(report, evaluation=_evaluation(("a", "b")))


# In a process of its own, without TensorFlow: it would take longer to load than all else here.
READ_BACK = """
import json, sys
sys.modules["tensorflow"] = None
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1]).Reload()
read = {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
print(json.dumps(read))
"""


def test_tensorboard_reads_the_epochs_back(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed: make install")
    pytest.importorskip("tensorboard", reason="tensorboard is not installed: pip install tensorboard")
    with tensorboard_writer(tmp_path / "logs") as write:
        for epoch in EPOCHS:
            write(epoch)

    def read(part: str) -> dict[str, list[list[float]]]:
        command = [sys.executable, "-c", READ_BACK, str(tmp_path / "logs" / part)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)  # type: ignore[no-any-return]

    # All values but the rates are exact in float32, which event files hold.
    rates = [float(np.float32(rate)) for rate in (2e-3, 1e-3, 1e-4)]
    assert read("train") == {
        "loss": [[1, 2.5], [2, 1.5], [3, 0.5]],
        "accuracy": [[1, 0.25], [2, 0.5], [3, 0.75]],
        "learning_rate": [[1, rates[0]], [2, rates[1]], [3, rates[2]]],
    }
    assert read("validation") == {
        "loss": [[1, 2.25], [2, 1.75], [3, 2.0]],
        "accuracy": [[1, 0.5], [2, 0.625], [3, 0.5625]],
    }


def test_event_files_need_no_tensorflow(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed: make install")
    code = (
        "import sys; from pathlib import Path; from train.history import EpochMetrics\n"
        "from train.report.events import tensorboard_writer\n"
        f"with tensorboard_writer(Path({str(tmp_path)!r})) as write: write(EpochMetrics(1, 'all', 1, 1, 1, 1, 1, 1))\n"
        "print('tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
    assert done.stderr == ""


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed: make install")
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot be written"), tensorboard_writer(tmp_path / "file" / "logs"):
        pass


def test_tensorboard_that_is_not_installed_is_an_error_with_the_command() -> None:
    code = (
        "import sys; sys.modules['tensorboardX'] = None\n"
        "from pathlib import Path; from train.report.events import tensorboard_writer\n"
        "with tensorboard_writer(Path('nowhere')): pass"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        "TrainingError: --tensorboard: tensorboardX is not installed; pip install tensorboardX tensorboard"
    )
