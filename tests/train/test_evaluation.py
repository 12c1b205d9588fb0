"""What is counted of a network's answers, against counts in plain Python and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from runtime.errors import DataError
from train.evaluation import MOST_MISTAKES, Answers, Evaluation, evaluate

LABELS = tuple("abcdefg")


def _answers(count: int, classes: int, seed: int = 0) -> Answers:
    """Probabilities that favour the right class, but not always; picture i is full of i."""
    generator = np.random.default_rng(seed)
    targets = generator.integers(0, classes, count)
    scores = generator.random((count, classes)).astype(np.float32)
    scores[np.arange(count), targets] += 0.5
    scores /= scores.sum(axis=1, keepdims=True)
    numbers = np.arange(count)
    pictures = np.broadcast_to(numbers.astype(np.uint8)[:, None, None, None], (count, 2, 3, 1))
    return Answers(scores, targets, pictures, numbers)


def _part(answers: Answers, start: int, stop: int) -> Answers:
    cut = slice(start, stop)
    return Answers(answers.scores[cut], answers.targets[cut], answers.pictures[cut], answers.numbers[cut])


def _evaluate(answers: Answers, labels: tuple[str, ...] = LABELS, batch: int = 32) -> Evaluation:
    count = len(answers.targets)
    return evaluate((_part(answers, start, start + batch) for start in range(0, count, batch)), labels, str)


@pytest.fixture(scope="module")
def answers() -> Answers:
    return _answers(250, len(LABELS))


@pytest.fixture(scope="module")
def evaluation(answers: Answers) -> Evaluation:
    return _evaluate(answers)


def _count(answers: Answers) -> list[list[int]]:
    counts = [[0] * len(LABELS) for _ in LABELS]
    for scores, target in zip(answers.scores.tolist(), answers.targets.tolist()):
        counts[target][scores.index(max(scores))] += 1
    return counts


def test_the_confusion_matrix_is_a_plain_count(answers: Answers, evaluation: Evaluation) -> None:
    counts = _count(answers)
    assert evaluation.confusion.tolist() == counts
    assert evaluation.count == 250
    assert evaluation.correct == sum(counts[number][number] for number in range(len(LABELS)))
    assert evaluation.top1 == evaluation.correct / 250
    assert 0 < evaluation.correct < 250


def test_precision_recall_and_f1_are_those_of_a_plain_count(answers: Answers, evaluation: Evaluation) -> None:
    counts = _count(answers)
    for number in range(len(LABELS)):
        precision = counts[number][number] / sum(row[number] for row in counts)
        recall = counts[number][number] / sum(counts[number])
        # The same quotients of whole numbers; f1 is reached by another formula.
        assert evaluation.precision[number] == precision
        assert evaluation.recall[number] == recall
        assert evaluation.f1[number] == pytest.approx(2 / (1 / precision + 1 / recall), rel=1e-12)
        assert evaluation.support[number] == sum(counts[number])


def test_top5_is_a_plain_count(answers: Answers, evaluation: Evaluation) -> None:
    hits = 0
    for scores, target in zip(answers.scores.tolist(), answers.targets.tolist()):
        hits += target in sorted(range(len(LABELS)), key=lambda number, scores=scores: -scores[number])[:5]
    assert evaluation.top5 == hits / 250
    assert evaluation.top5 > evaluation.top1


def test_five_classes_have_no_top5() -> None:
    assert _evaluate(_answers(20, 5), LABELS[:5]).top5 is None
    assert _evaluate(_answers(20, 6), LABELS[:6]).top5 is not None


def test_a_class_that_is_never_named_or_never_seen_has_no_precision_or_recall() -> None:
    scores = np.array([[0.9, 0.1, 0, 0], [0.8, 0.2, 0, 0], [0.1, 0, 0.9, 0]], np.float32)
    found = _evaluate(Answers(scores, np.array([0, 1, 0]), np.zeros((3, 1, 1, 3), np.uint8), np.arange(3)), LABELS[:4])
    np.testing.assert_array_equal(found.precision, [1 / 2, math.nan, 0, math.nan])
    np.testing.assert_array_equal(found.recall, [1 / 2, 0, math.nan, math.nan])
    np.testing.assert_array_equal(found.f1, [1 / 2, 0, 0, math.nan])


def test_the_calibration_error_is_the_one_counted_by_hand() -> None:
    # In fifteenths: two of 0.95 in the last bin, 0.62 in the 10th and 0.69 in the 11th (of ten bins both in one).
    scores = np.array([[0.95, 0.05], [0.05, 0.95], [0.38, 0.62], [0.69, 0.31]], np.float32)
    targets = np.array([0, 0, 1, 1])
    found = _evaluate(Answers(scores, targets, np.zeros((4, 1, 1, 1), np.uint8), np.arange(4)), LABELS[:2])
    by_hand = (2 * abs(0.5 - 0.95) + abs(1 - 0.62) + abs(0 - 0.69)) / 4
    assert found.expected_calibration_error == pytest.approx(by_hand, abs=1e-7)  # the scores are float32
    assert [part.count for part in found.reliability] == [1, 1, 2]
    assert [part.accuracy for part in found.reliability] == [1, 0, 0.5]
    assert [part.confidence for part in found.reliability] == pytest.approx([0.62, 0.69, 0.95], abs=1e-7)
    assert [part.high * 15 for part in found.reliability] == pytest.approx([10, 11, 15])


def test_a_probability_of_one_belongs_to_the_last_bin() -> None:
    scores = np.array([[1.0, 0.0], [1.0, 0.0]], np.float32)
    found = _evaluate(Answers(scores, np.array([0, 1]), np.zeros((2, 1, 1, 1), np.uint8), np.arange(2)), LABELS[:2])
    assert [(part.high, part.count) for part in found.reliability] == [(1, 2)]
    assert found.expected_calibration_error == 0.5


def test_the_bins_hold_every_answer_once(evaluation: Evaluation) -> None:
    assert sum(part.count for part in evaluation.reliability) == evaluation.count
    for part in evaluation.reliability:
        assert part.low < part.confidence <= part.high


def test_the_worst_mistakes_are_the_most_confident_of_all_batches(answers: Answers, evaluation: Evaluation) -> None:
    wrong = []
    for number, (scores, target) in enumerate(zip(answers.scores.tolist(), answers.targets.tolist())):
        if scores.index(max(scores)) != target:
            wrong.append((-max(scores), number, target, scores.index(max(scores))))
    assert len(wrong) > MOST_MISTAKES
    expected = [(number, target, named, -score) for score, number, target, named in sorted(wrong)[:MOST_MISTAKES]]
    found = [(int(m.where), m.actual, m.predicted, m.score) for m in evaluation.mistakes]
    assert found == expected
    for mistake in evaluation.mistakes:
        np.testing.assert_array_equal(mistake.picture, np.full((2, 3, 1), int(mistake.where), np.uint8))
        assert mistake.picture.base is None  # a view would hold its whole batch in memory


def test_the_size_of_a_batch_changes_nothing(answers: Answers, evaluation: Evaluation) -> None:
    other = _evaluate(answers, batch=7)
    np.testing.assert_array_equal(other.probabilities, evaluation.probabilities)
    assert [int(m.where) for m in other.mistakes] == [int(m.where) for m in evaluation.mistakes]


def test_one_output_means_two_classes() -> None:
    scores, pictures = np.array([[0.9], [0.2], [0.6]], np.float32), np.zeros((3, 1, 1, 1), np.uint8)
    found = _evaluate(Answers(scores, np.array([1, 0, 0]), pictures, np.array([4, 5, 8])), ("no", "yes"))
    np.testing.assert_array_equal(found.probabilities, np.concatenate([1 - scores, scores], axis=1))
    assert found.confusion.tolist() == [[1, 1], [0, 1]]
    assert [(int(m.where), m.actual, m.predicted) for m in found.mistakes] == [(8, 0, 1)]
    assert found.mistakes[0].score == pytest.approx(0.6, abs=1e-7)  # float32


def test_no_pictures_have_no_evaluation() -> None:
    with pytest.raises(DataError, match="at least one that can be read"):
        evaluate([], LABELS, str)


def test_an_only_answer_is_one_to_pictures_of_several_classes() -> None:
    scores = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], np.float32)

    def answer(count: int, *targets: int) -> str | None:
        given = Answers(scores[:count], np.array(targets), np.zeros((count, 1, 1, 1), np.uint8), np.arange(count))
        return _evaluate(given, ("cat", "dog")).only_answer

    assert answer(2, 0, 1) == "cat"
    assert answer(2, 0, 0) is None
    assert answer(3, 0, 0, 1) is None


def test_answers_of_another_number_of_classes_are_refused(answers: Answers) -> None:
    with pytest.raises(ValueError, match=r"expected \(250, 3\)"):
        _evaluate(answers, ("a", "b", "c"))
