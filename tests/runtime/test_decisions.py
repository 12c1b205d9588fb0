"""From frames to reports: what is smoothed, held, thinned out and left out, by the frames' own times."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from examples.clips import write_clip
from runtime import classify
from runtime.classifier import Classifier
from runtime.decisions import Decisions, DecisionSettings, find_labels
from runtime.errors import UsageError
from runtime.quantities import parse_bytes, parse_seconds
from runtime.result import Result
from tests.conftest import MODELS
from tests.runtime.results import LABELS, make_result

CAT, DOG, UNSURE = (0.9, 0.1), (0.1, 0.9), (0.4, 0.3)


def decide(settings: DecisionSettings, *results: Result, top: int = 4) -> list[Result]:
    """What is reported of these results."""
    decisions = Decisions(settings, LABELS, top)
    reports = (decisions.report(decisions.judge(result)) for result in results)
    return [report for report in reports if report is not None]


def film(*scores: tuple[float, float], interval: float = 0.1) -> list[Result]:
    return [make_result(*pair, at=100 + number * interval, index=number) for number, pair in enumerate(scores)]


def test_by_default_every_result_is_reported_untouched() -> None:
    results = film(CAT, DOG, UNSURE)
    reported = decide(DecisionSettings(), *results)
    assert all(report is result for report, result in zip(reported, results))


@pytest.mark.parametrize("interval", [0.01, 0.1, 0.5])
def test_smoothing_is_over_seconds_and_not_frames(interval: float) -> None:
    frames = film(CAT, *[DOG] * round(1 / interval), interval=interval)
    last = decide(DecisionSettings(smooth=1), *frames)[-1]
    assert last.label == "dog"
    # After one time constant 1 - 1/e of the step from 0.1 to 0.9 is seen; float32 rounds in each frame.
    assert last.score == pytest.approx(0.1 + 0.8 * (1 - math.exp(-1)), abs=1e-5)


def test_a_flash_of_another_class_does_not_win_against_smoothed_scores() -> None:
    reported = decide(DecisionSettings(smooth=2), *film(*[CAT] * 5, DOG, *[CAT] * 5))
    assert {report.label for report in reported} == {"cat"}
    assert reported[5].score < reported[4].score


def test_predictions_are_ranked_after_smoothing_and_agree_with_the_scores() -> None:
    for report in decide(DecisionSettings(smooth=0.3), *film(CAT, *[DOG] * 20), top=2):
        assert report.scores is not None
        best = np.argsort(-report.scores, kind="stable")[:2]
        assert [prediction.index for prediction in report.predictions] == list(best)
        assert [prediction.label for prediction in report.predictions] == [LABELS[index] for index in best]
        assert [prediction.score for prediction in report.predictions] == [report.scores[index] for index in best]


def test_another_source_is_not_smoothed_with_the_one_before() -> None:
    pictures = make_result(*CAT, source="1.jpg", at=0.0), make_result(*DOG, source="2.jpg", at=0.01)
    reported = decide(DecisionSettings(smooth=60), *pictures)
    assert [round(report.score, 3) for report in reported] == [0.9, 0.9]


def test_smoothing_leaves_the_network_s_scores_as_they_were() -> None:
    frames = film(CAT, DOG)
    decide(DecisionSettings(smooth=1), *frames)
    assert frames[1].scores is not None
    np.testing.assert_allclose(frames[1].scores[:2], DOG)


def test_only_the_allowed_labels_can_win() -> None:
    (report,) = decide(DecisionSettings(labels_only=("dog", "fox")), make_result(0.7, 0.2, 0.05, 0.05))
    assert [(prediction.label, prediction.index) for prediction in report.predictions] == [("dog", 1), ("Fox", 3)]
    assert report.score == pytest.approx(0.2)


def test_a_label_that_stands_twice_in_a_model_is_found_twice() -> None:
    assert find_labels(("crane",), ("crane", "cat", "Crane")) == (0, 2)


def test_an_unknown_label_names_those_close_by() -> None:
    with pytest.raises(UsageError, match="--labels-only catt: no such label; did you mean cat"):
        Decisions(DecisionSettings(labels_only=("dog", "catt")), LABELS, 5)
    with pytest.raises(UsageError, match="did you mean tabby, tabby cat"):
        Decisions(DecisionSettings(labels_only=("tabby",)), LABELS, 5)
    with pytest.raises(UsageError, match=r"the model's are cat, dog, tabby, tabby cat, \.\.\."):
        Decisions(DecisionSettings(labels_only=("zzzzzz",)), LABELS, 5)


def test_below_the_threshold_a_frame_is_unknown() -> None:
    sure, unsure = decide(DecisionSettings(threshold=0.5), *film(CAT, UNSURE))
    assert [prediction.label for prediction in sure.predictions] == ["cat"]
    assert (unsure.label, unsure.score, unsure.predictions) == ("unknown", 0.0, ())


def test_the_threshold_is_held_against_smoothed_scores() -> None:
    labels = [report.label for report in decide(DecisionSettings(smooth=1, threshold=0.6), *film(CAT, *[DOG] * 20))]
    assert labels[0] == "cat"
    assert labels[-1] == "dog"
    assert "unknown" in labels
    assert labels == sorted(labels, key=["cat", "unknown", "dog"].index)


def test_a_held_label_must_win_so_many_times_running() -> None:
    reported = decide(DecisionSettings(hold=3), *film(CAT, CAT, CAT, CAT, DOG, CAT, CAT, CAT, DOG, DOG, DOG))
    assert [(report.label, report.frame.index) for report in reported] == [
        ("cat", 2),
        ("cat", 3),
        ("cat", 7),
        ("dog", 10),
    ]


def test_on_change_reports_each_new_label_once() -> None:
    reported = decide(DecisionSettings(on_change=True, threshold=0.5), *film(CAT, CAT, DOG, DOG, UNSURE, UNSURE, CAT))
    assert [(report.label, report.frame.index) for report in reported] == [
        ("cat", 0),
        ("dog", 2),
        ("unknown", 4),
        ("cat", 6),
    ]


def test_held_changes_do_not_flicker() -> None:
    reported = decide(DecisionSettings(hold=2, on_change=True), *film(CAT, CAT, DOG, CAT, CAT, DOG, DOG, DOG))
    assert [(report.label, report.frame.index) for report in reported] == [("cat", 1), ("dog", 6)]


def test_reports_lie_the_asked_time_apart() -> None:
    reported = decide(DecisionSettings(every=0.5), *film(*[CAT] * 30, interval=0.125))
    assert [report.frame.index for report in reported] == [0, 4, 8, 12, 16, 20, 24, 28]


@pytest.mark.parametrize("every", [1, 0.2])
def test_a_recording_is_smoothed_and_thinned_in_its_own_time_however_fast_it_is_read(
    tmp_path: Path, every: float
) -> None:
    red, blue = (np.broadcast_to(np.uint8(colour), (32, 48, 3)) for colour in ((255, 0, 0), (0, 0, 255)))
    clip = write_clip(tmp_path / "clip.avi", [red] * 10 + [blue] * 40, rate=10)  # 5 s
    classifier = Classifier.load(MODELS / "rgb_int8.tflite")
    results = [*classify(clip, model=classifier), *classify(clip, model=classifier)]
    reported = decide(DecisionSettings(every=every), *results)
    assert [report.frame.index for report in reported] == [*range(0, 50, round(every * 10))] * 2
    smooth = Decisions(DecisionSettings(smooth=1), classifier.card.labels, 3)
    scores = [{p.label: p.score for p in smooth.judge(result).predictions} for result in results[:50]]
    # The last red one is 1 s before; what a score's 8 bits and the clip's coding do is far below.
    assert scores[19]["blue"] == pytest.approx(1 - math.exp(-1), abs=0.05)


def test_what_a_recording_reports_is_not_too_soon_after_another_or_a_camera() -> None:
    def play(source: str, *moments: float | None) -> list[Result]:
        made = [make_result(*CAT, at=1000, source=source) for _ in moments]
        return [replace(r, frame=replace(r.frame, recorded_at=moment)) for r, moment in zip(made, moments)]

    results = play("a.mp4", 0, 0.5) + play("b.mp4", 0.2, 1.1, 1.2) + play("shed", None, None) + play("a.mp4", 0.1)
    reported = decide(DecisionSettings(every=1), *results)
    assert [(report.frame.source, report.frame.recorded_at) for report in reported] == [
        ("a.mp4", 0),
        ("b.mp4", 0.2),
        ("b.mp4", 1.2),
        ("shed", None),
        ("a.mp4", 0.1),
    ]


def test_a_change_that_comes_too_soon_is_told_when_its_time_has_come() -> None:
    reported = decide(DecisionSettings(every=1, on_change=True), *film(CAT, DOG, *[DOG] * 20, interval=0.125))
    assert [(report.label, report.frame.index) for report in reported] == [("cat", 0), ("dog", 8)]


def test_decisions_go_over_to_the_labels_of_another_model() -> None:
    decisions = Decisions(DecisionSettings(labels_only=("dog",), smooth=1), LABELS, 1).for_labels(("dog", "wolf"))
    assert decisions.judge(make_result(0.4, 0.6, labels=("dog", "wolf"))).label == "dog"
    with pytest.raises(UsageError, match="did you mean hotdog"):
        decisions.for_labels(("hotdog", "wolf"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"threshold": 1.5}, "expected 0 to 1"),
        ({"threshold": math.nan}, "expected 0 to 1"),
        ({"smooth": -1.0}, "expected seconds"),
        ({"hold": 0}, "expected 1 or more"),
        ({"every": math.inf}, "expected seconds"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        DecisionSettings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "seconds"), [("0.5s", 0.5), ("2s", 2), ("500ms", 0.5), ("1m", 60), (".5", 0.5), ("2 h", 7200)]
)
def test_times_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize(("text", "size"), [("500MB", 500_000_000), ("2GB", 2_000_000_000), ("1.5k", 1500), ("7", 7)])
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "s", "-1s", "1 day", "1e3s", "nan", "0x10", "5 5"])
def test_what_is_no_amount_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="expected a time such as"):
        parse_seconds(text)
    with pytest.raises(ValueError, match="expected a size such as"):
        parse_bytes(text)
