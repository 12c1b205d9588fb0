"""What python -m convert makes of trained networks: accuracy, agreement, size, latency, and what converting costs.

Each conversion is the real command as a process. The float original stands for itself as float32 TFLite, which
the command only writes where it answers as the Keras network does.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.answers import Answers, Share
from benchmarks.bare_interpreter import open_interpreter
from benchmarks.checks.process_cost import ProcessCost, measure_process
from benchmarks.data import Data
from benchmarks.errors import BenchmarkError
from benchmarks.interleave import interleave
from benchmarks.measurement import Subject
from benchmarks.progress import progress_bar
from benchmarks.tasks import AccuracyTask
from benchmarks.worker_process import run_accuracy
from runtime.card import ModelCard
from runtime.card_file import check_model_path, read_card
from runtime.dataset import NAMED
from runtime.operators import report_operators
from runtime.whole_file import file_sha256

# Float files answer alike but for ties.
_LOSSLESS = "0.999"
_IMAGENET_CLASSES = 1000
_BLOCKS, _BLOCK_RUNS, _WARM_UP_RUNS = 15, 20, 10


@dataclass(frozen=True)
class Int8File:
    """An int8 file of a network. agreement: with the float32 file. cost: of its conversion."""

    top1: Share
    agreement: Share
    file_bytes: int
    cost: ProcessCost


@dataclass(frozen=True)
class ConversionFigures:
    """What was measured of one network. sha256: of its .keras file. data: what it was measured on, `split` of it.

    float_seconds, int8_seconds: single runs of the TFLite files by LiteRT, see `time_interleaved`.
    """

    model: str
    sha256: str
    data: str
    split: str
    classes: int
    is_convolutional: bool
    float_top1: Share
    float_bytes: int
    tflite: Int8File
    onnx: Int8File
    float_seconds: tuple[float, ...]
    int8_seconds: tuple[float, ...]

    @property
    def latency_ratio(self) -> float:
        """Of the medians, int8 to float32."""
        return statistics.median(self.int8_seconds) / statistics.median(self.float_seconds)

    def drop(self, file: Int8File) -> float:
        """Points of top-1 (of 100) that a file loses."""
        return 100 * (self.float_top1.correct - file.top1.correct) / file.top1.total

    def size_ratio(self, file: Int8File) -> float:
        """To the float32 TFLite file."""
        return file.file_bytes / self.float_bytes


def find_data(card: ModelCard, model: Path, data_dir: Path, imagenet: Path | None) -> Data:
    """The pictures that a network is for: those that its card names, else ImageNet's. Raises BenchmarkError.

    The test split; all of ImageNet's, which have no splits.
    """
    if card.measured is not None:
        name = card.measured.data
        data = name if name in NAMED else str(data_dir / name)
        return Data(data, data_dir=str(data_dir))
    if imagenet is None or len(card.labels) != _IMAGENET_CLASSES:
        raise BenchmarkError(
            f"{model}: its card names no data, and it has {len(card.labels)} classes; expected a network that was "
            f"trained by python -m train, or one of {_IMAGENET_CLASSES} classes and --imagenet DIR"
        )
    return Data(str(imagenet), split="all")


def hash_model(path: Path) -> str:
    """SHA-256 of a model file, in hexadecimal. Raises ModelError where there is none."""
    return file_sha256(check_model_path(path))


def measure_conversion(model: Path, data_dir: Path, imagenet: Path | None, out: Path) -> ConversionFigures:
    """Convert a .keras file to float32 TFLite, int8 TFLite and int8 ONNX in `out`, and measure all three.

    Raises BenchmarkError where a step fails, ModelError for no .keras file with a card.
    """
    card = read_card(model)
    if card is None:
        raise BenchmarkError(f"{model}: has no model card; expected what python -m train wrote")
    data = find_data(card, model, data_dir, imagenet)
    files = {name: out / f"{model.stem}_{name}" for name in ("float32.tflite", "int8.tflite", "int8.onnx")}
    costs: dict[str, ProcessCost] = {}
    with progress_bar(f"converting {model.name}", "file") as show:
        for name, file in files.items():
            show(len(costs), len(files))
            costs[name] = _convert(model, file, name.partition(".")[0], data)
    answers = {name: _ask(file, data) for name, file in files.items()}
    original = answers["float32.tflite"]

    def int8_file(name: str) -> Int8File:
        agreement = answers[name].agreement(original)
        assert agreement is not None, "the same pictures"
        return Int8File(answers[name].top(1), agreement, files[name].stat().st_size, costs[name])

    float_seconds, int8_seconds = time_interleaved([files["float32.tflite"], files["int8.tflite"]])
    return ConversionFigures(
        model=model.stem,
        sha256=hash_model(model),
        data=Path(data.data).name,
        split=data.split,
        classes=len(card.labels),
        is_convolutional=any("CONV" in kind for kind, _ in report_operators(files["int8.tflite"]).counts),
        float_top1=original.top(1),
        float_bytes=files["float32.tflite"].stat().st_size,
        tflite=int8_file("int8.tflite"),
        onnx=int8_file("int8.onnx"),
        float_seconds=float_seconds,
        int8_seconds=int8_seconds,
    )


def _convert(model: Path, file: Path, recipe: str, data: Data) -> ProcessCost:
    """As a user does. An int8 file that is refused is made again whatever it loses: this is where that is judged."""
    command = _convert_command(model, file, recipe, data)
    if recipe == "float32":
        return measure_process([*command, "--min-agreement", _LOSSLESS])
    try:
        return measure_process(command)
    except BenchmarkError:
        return measure_process([*command, "--min-agreement", "0"])


def _convert_command(model: Path, file: Path, recipe: str, data: Data) -> list[str]:
    where = [] if data.data_dir is None else ["--data-dir", data.data_dir]
    return [
        *(sys.executable, "-m", "convert", str(model), "--recipe", recipe, "--calibrate", data.data, *where),
        *("--out", str(file)),
    ]


def _ask(file: Path, data: Data) -> Answers:
    backend = "onnx" if file.suffix == ".onnx" else "litert"
    with progress_bar(file.name, "pic") as show:
        return run_accuracy(AccuracyTask(Subject(str(file), backend, threads=1), data), show)


def time_interleaved(files: Sequence[Path]) -> list[tuple[float, ...]]:
    """Seconds of single invocations of each `.tflite` on one thread: blocks of each in a new random order.

    Of the processor's time, not the clock's: it is this thread that computes, and other programs do not count.
    """
    interpreters = [open_interpreter(file) for file in files]
    times: list[list[float]] = [[] for _ in files]
    for interpreter in interpreters:
        for _ in range(_WARM_UP_RUNS):
            interpreter.invoke()
    for number in interleave(range(len(files)), _BLOCKS, lambda done, total: None):
        for _ in range(_BLOCK_RUNS):
            started = time.thread_time()
            interpreters[number].invoke()
            times[number].append(time.thread_time() - started)
    return [tuple(part) for part in times]
