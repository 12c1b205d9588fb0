"""The self-test of a model on this device: the golden samples of its card, through the backend that will run it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runtime.card import ModelCard
from runtime.classifier import Classifier
from runtime.errors import ModelError, PictureError
from runtime.picture import open_picture

# Integer arithmetic rounds differently from one processor and library to the next: up to 0.03 of a probability was
# measured between x86 and Arm, 0.05 between tflite-runtime 2.14 and LiteRT 2. Float32 differs by some 2e-6.
SCORE_TOLERANCE = 0.05


@dataclass(frozen=True)
class GoldenAnswer:
    """What a golden sample should give, and what it gave here: the best label and its score."""

    expected_label: str
    expected_score: float
    label: str
    score: float

    @property
    def is_right(self) -> bool:
        """The same label, with a score within SCORE_TOLERANCE."""
        return self.label == self.expected_label and abs(self.score - self.expected_score) <= SCORE_TOLERANCE

    def __str__(self) -> str:
        verdict = "right" if self.is_right else "WRONG"
        return f"{verdict}: {self.label} {self.score:.3f}, expected {self.expected_label} {self.expected_score:.3f}"


def answer_golden(classifier: Classifier) -> tuple[GoldenAnswer, ...]:
    """Classify the golden samples of the model's card; () where it has none. Raises ModelError for a damaged one."""
    return tuple(
        GoldenAnswer(sample.label, sample.score, *_answer(classifier, sample.png)) for sample in classifier.card.golden
    )


def require_right(classifier: Classifier) -> int:
    """How many golden samples there are (0: none), all of them answered right. Raises ModelError where one is not."""
    answers = answer_golden(classifier)
    wrong = [answer for answer in answers if not answer.is_right]
    if wrong:
        raise ModelError(
            f"{classifier.card.name}: {len(wrong)} of {len(answers)} golden samples are answered wrong by "
            f"{classifier.backend.name} (the first is {wrong[0]}); copy the file again, or try another --backend"
        )
    return len(answers)


def no_golden_error(card: ModelCard) -> ModelError:
    """For a model that cannot be tested."""
    return ModelError(
        f"{card.name}: its card has no golden samples to test it with; convert it again with some: "
        "python -m convert MODEL.keras ... --golden PICTURES"
    )


def _answer(classifier: Classifier, png: bytes) -> tuple[str, float]:
    try:
        picture = np.asarray(open_picture(png))
    except PictureError as error:
        raise ModelError(f"{classifier.card.name}: a golden sample of its card is damaged ({error})") from None
    best = classifier.classify(picture, top=1)
    return best.label, best.score
