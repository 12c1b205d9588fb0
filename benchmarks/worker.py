"""The process in which one model is measured once: `python -m benchmarks.worker KIND JSON`, started by worker_process.

KIND is `latency` or `accuracy`, JSON the fields of its task. It answers on standard output, one object a line:
any number of `progress` ({done, total}), then `answer` or `error` (a message for the user). What is imported
before the model is loaded counts in its time to first result and its memory, so imports stay inside.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from benchmarks.tasks import PICTURE_HEIGHT, PICTURE_WIDTH, AccuracyTask, LatencyAnswer, LatencyTask, Settings
from runtime.errors import EdgeframeError, ModelError

if TYPE_CHECKING:
    from benchmarks.measurement import Accuracy
    from runtime.classifier import Classifier
    from runtime.dataset import DataSet

_PROGRESS_SECONDS = 0.2

Send = Callable[[str, Any], None]


def measure_latency(task: LatencyTask) -> LatencyAnswer:
    import numpy as np

    from benchmarks.measurement import Round
    from runtime import measure

    picture = np.resize(np.arange(256, dtype=np.uint8), (PICTURE_HEIGHT, PICTURE_WIDTH, 3))
    classifier = _load(task.model, task.settings)
    loaded_at = time.monotonic()
    latency = measure.measure_latency(classifier, picture, task.runs)
    peak = measure.peak_memory_bytes()
    first = loaded_at - task.started_at + latency.first
    return LatencyAnswer(classifier.backend.name, Round(latency.prepare, latency.invoke, latency.total, first, peak))


def measure_accuracy(task: AccuracyTask, send: Send) -> Accuracy:
    from benchmarks.measurement import Accuracy
    from runtime.image import fit_image

    settings = task.settings
    classifier = _load(task.model, settings)
    data = open_pictures(settings)
    targets = data.targets_in(classifier.card.labels)
    unreadable: list[EdgeframeError] = []
    correct = seen = 0
    told_at = 0.0
    for number, picture in data.pictures(on_error=unreadable.append):
        scores = classifier.score(fit_image(picture, classifier.card.input, classifier.card.fit))
        correct += int(scores.argmax() == targets[number])
        seen += 1
        if time.monotonic() - told_at > _PROGRESS_SECONDS:
            told_at = time.monotonic()
            send("progress", {"done": number + 1, "total": len(data)})
    if not seen:
        raise ModelError(f"{settings.data}: none of its {len(data)} pictures can be read ({unreadable[0]})")
    return Accuracy(settings.data, settings.split, correct, seen, len(unreadable))


def open_pictures(settings: Settings) -> DataSet:
    """The labelled pictures of the settings. Raises DataError."""
    from runtime.dataset import open_dataset
    from runtime.errors import DataError

    data = open_dataset(settings.data, settings.split, settings.data_dir)
    if not data.is_labelled:
        raise DataError(
            f"{settings.data}: its pictures have no classes; put them into class folders, or add a labels.csv "
            "with the columns file and label"
        )
    return data if settings.max_pictures is None else data.sample(settings.max_pictures)


def _load(model: str, settings: Settings) -> Classifier:
    from runtime.classifier import Classifier

    return Classifier.load(model, threads=settings.threads, backend=settings.backend)


def main(kind: str, text: str) -> int:
    send = _open_answers()
    try:
        send("answer", dataclasses.asdict(_measure(kind, json.loads(text), send)))
    except EdgeframeError as error:
        send("error", str(error))
    except (KeyboardInterrupt, BrokenPipeError):
        return 130
    except Exception as error:  # A backend may raise anything: it becomes this model's row.
        send("error", f"{type(error).__name__}: {error}")
    return 0


def _measure(kind: str, fields: dict[str, Any], send: Send) -> LatencyAnswer | Accuracy:
    fields["settings"] = Settings(**fields["settings"])
    return (
        measure_latency(LatencyTask(**fields)) if kind == "latency" else measure_accuracy(AccuracyTask(**fields), send)
    )


def _open_answers() -> Send:
    """Keep standard output for answers alone: what a library prints there goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(kind: str, content: Any) -> None:
        answers.write(json.dumps({kind: content}) + "\n")
        answers.flush()

    return send


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
