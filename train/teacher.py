"""A large network whose answers a small one learns: `--distill`."""

from __future__ import annotations

from pathlib import Path

import keras

from runtime.card_file import read_card
from runtime.errors import ModelError, TrainingError
from train.objective import as_classes


def load_teacher(path: Path | None, labels: tuple[str, ...], channels: int) -> keras.Model | None:
    """The model in a `.keras` (pictures 0..255 -> probabilities of all `labels`, in their order); None without a path.

    channels: of its student's pictures; gray ones (1) are shown to a teacher of RGB, too.
    Raises ModelError where there is none, TrainingError where it knows other classes, or gray pictures only.
    """
    if path is None:
        return None
    card = read_card(path)
    if path.suffix != ".keras" or card is None:
        raise ModelError(f"--distill {path}: expected a .keras with a model card, as python -m train writes it")
    if sorted(card.labels) != sorted(labels):
        only = sorted(set(labels) ^ set(card.labels))
        raise TrainingError(
            f"--distill {path}: was trained on other classes ({', '.join(only[:3])}); train it on the same data"
        )
    if card.input.channels < channels:
        raise TrainingError(
            f"--distill {path}: takes gray pictures, its student learns from RGB ones; train it on the same data"
        )
    try:
        model = keras.saving.load_model(path, compile=False)  # safe mode: no code from the file is run
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"--distill {path}: cannot be read ({' '.join(str(error).split())[:200]})") from None
    answers = keras.ops.take(as_classes(model.output), [card.labels.index(label) for label in labels], axis=-1)
    return keras.Model(model.input, answers, name="teacher")  # a name of its own: its student may be of its kind
