"""The classifier: a model file with its card, and the backend that runs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from runtime.backends import Backend, count_scores, open_backend
from runtime.card import Fit, ModelCard, Normalisation
from runtime.card_file import read_card
from runtime.errors import ModelError, UsageError
from runtime.frame import Frame
from runtime.image import fit_image, is_picture
from runtime.labels import match_labels
from runtime.ranking import rank_classes
from runtime.result import Result, Timings

if TYPE_CHECKING:
    from runtime.sources.scaler import VideoScaler

# From about 640 x 480 on it pays to leave the resize to libswscale.
LARGE_PICTURE_BYTES = 640 * 480 * 3 - 1
DEFAULT_MODEL = Path(__file__).parent / "models" / "efficientnet_lite0_int8.tflite"


class Classifier:
    """Says what is on a picture.

    The tensor contract: pictures are uint8 arrays, height x width x 3, RGB (or height x width, gray) of any
    size. They are fitted to `card.input` as `card.fit` says, and scores are probabilities, float32
    (classes,), in the order of `card.labels`. Threads may share one: they take turns.

        classifier = Classifier.load("flowers_int8.tflite")
        result = classifier.classify(picture)
        print(result.label, result.score)
    """

    def __init__(self, card: ModelCard, backend: Backend) -> None:
        """Raises ModelError when the card and the network do not fit together."""
        _check_fits(card, backend)
        self.card = card
        self.backend = backend
        self._scaling = threading.Lock()  # of two threads in one filter graph, the process dies

    @classmethod
    def load(
        cls,
        path: str | Path = DEFAULT_MODEL,
        *,
        threads: int | None = None,
        backend: str | None = None,
        labels: Sequence[str] | None = None,
        normalisation: Normalisation | None = None,
        fit: Fit | None = None,
        trust: bool = True,
    ) -> Classifier:
        """Load a `.tflite` or `.onnx` file.

        Args:
            path: the model file; by default the ImageNet classifier that comes with edgeframe.
            threads: of the inference; by default one a core, at most 4.
            backend: a name of runtime.backends.BACKENDS; by default the first one installed.
            labels: needed for a model without a card whose file does not tell them (runtime.foreign); they replace
                those of a card.
            normalisation: likewise, for a float model.
            fit: for a model without a card (default: the centre), or in place of the card's.
            trust: a damaged file can take the process down, as it can with any of these libraries. False: one that
                is not known on this machine is first loaded in a process of its own (runtime.model_check), as the
                commands do.

        Raises:
            ModelError, BackendError, UsageError: with the remedy in the text.
        """
        card = read_card(path)
        if card is not None and normalisation is not None:
            raise UsageError(f"{path}: its model card has the normalisation; leave out --mean, --std and --scale")
        if not trust:
            from runtime.model_check import check_model

            check_model(path, backend)
        if card is None:
            from runtime.bare_model import open_bare_model

            card, opened = open_bare_model(Path(path), backend, threads, labels, normalisation)
        else:
            opened = open_backend(path, name=backend, threads=threads, normalisation=card.normalisation)
            if labels is not None:
                card = _rename(card, match_labels(labels, len(card.labels), path))
        return cls(replace(card, fit=fit) if fit else card, opened)

    def classify(self, image: np.ndarray, top: int = 5) -> Result:
        """The `top` best classes of a picture (see the class for its form)."""
        return self.classify_frame(Frame(image), top)

    def classify_batch(self, images: Iterable[np.ndarray], top: int = 5) -> list[Result]:
        """`classify` for several pictures, one after the other."""
        return [self.classify(image, top) for image in images]

    def classify_frame(self, frame: Frame, top: int = 5) -> Result:
        """The `top` best classes of a source's frame, which may be fitted already."""
        started = time.monotonic()
        image = frame.image if frame.is_fitted else self._fit(frame.image)
        prepared = time.monotonic()
        scores = self.score(image)
        invoked = time.monotonic()
        predictions = rank_classes(scores, self.card.labels, top)
        done = time.monotonic()
        prepare = frame.prepare + prepared - started
        timings = Timings(done - frame.captured_at, prepare, invoked - prepared, frame.prepare + done - started)
        return Result(predictions, frame, timings, scores)

    def score(self, image: np.ndarray) -> np.ndarray:
        """Probabilities of a picture that is fitted already: uint8, card.input's height x width x channels.

        Raises ModelError when the network answers with something that is no number.
        """
        scores = self.backend.run(image)
        if not (self.backend.output.is_quantized or np.isfinite(scores).all()):
            raise ModelError(f"{self.card.name}: its network answers with NaN or infinity; convert or train it again")
        return to_probabilities(scores, self.card.scores)

    def _fit(self, picture: np.ndarray) -> np.ndarray:
        """The one resize; a large array is left to libswscale where PyAV is installed."""
        if picture.nbytes > LARGE_PICTURE_BYTES and is_picture(picture):
            with self._scaling:
                if self._scaler is not None:
                    return self._scaler.fit_array(picture)
        return fit_image(picture, self.card.input, self.card.fit)

    @cached_property
    def _scaler(self) -> VideoScaler | None:
        """None without PyAV; a failing import is slow, and would be made again for each picture."""
        try:
            from runtime.sources.scaler import VideoScaler
        except ImportError:
            return None
        return VideoScaler(self.card.input, self.card.fit)


def to_probabilities(scores: np.ndarray, kind: str) -> np.ndarray:
    """A network's outputs (classes,) as probabilities; one output, sigmoid or logit, becomes two classes."""
    if kind == "logits" and len(scores) == 1:
        # By the hyperbolic tangent, as the exponential overflows.
        scores, kind = (np.tanh(scores / 2) + 1) / 2, "sigmoid"
    if kind == "logits":
        powers = np.exp(scores - scores.max())
        return np.asarray(powers / powers.sum(), dtype=np.float32)
    if kind == "sigmoid" and len(scores) == 1:
        return np.asarray([1 - scores[0], scores[0]], dtype=np.float32)
    return scores


def _check_fits(card: ModelCard, backend: Backend) -> None:
    sides = (card.input.height, card.input.width, card.input.channels)
    if any(found not in (0, wanted) for found, wanted in zip(backend.input_shape, sides)):
        raise ModelError(
            f"{card.name}: its card says {card.input}, its network takes {backend.input}; convert it again"
        )
    outputs = count_scores(backend.output)
    expected = 1 if card.scores != "softmax" and len(card.labels) == 2 and outputs == 1 else len(card.labels)
    if outputs not in (-1, expected):
        raise ModelError(f"{card.name}: its card has {len(card.labels)} labels, its network gives {outputs} scores")


def _rename(card: ModelCard, labels: tuple[str, ...]) -> ModelCard:
    """The card with other labels, which its golden samples then have, too."""
    names = dict(zip(card.labels, labels))
    golden = tuple(replace(sample, label=names.get(sample.label, sample.label)) for sample in card.golden)
    return replace(card, labels=labels, golden=golden)
