"""What a conversion has to hold, and the table that says whether it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.checks.conversion import ConversionFigures, Int8File
from benchmarks.table import format_rows

MOST_DROP_POINTS = 0.5
LEAST_AGREEMENT, LEAST_AGREEMENT_IMAGENET = 0.98, 0.95
MOST_SIZE = 0.30
MOST_LATENCY = 0.60
MOST_SECONDS, MOST_MEMORY_BYTES = 60.0, 2e9
_MANY_CLASSES = 1000

_TITLES = (
    "model", "data", "pictures", "float top-1",
    "TFLite top-1", "drop", "agreement", "ONNX top-1", "drop", "agreement",
    "TFLite size", "ONNX size", "latency", "seconds", "memory",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """holds: whether its bar is; None where it has none."""

    text: str
    holds: bool | None = None

    def __str__(self) -> str:
        return self.text if self.holds is None else f"{self.text} {'held' if self.holds else 'missed'}"


def judge(figures: ConversionFigures) -> list[Cell]:
    """The row of a network, one cell for each title."""
    latency_holds = figures.latency_ratio <= MOST_LATENCY if figures.is_convolutional else None
    costs = [figures.tflite.cost, figures.onnx.cost]
    seconds, memory = max(cost.seconds for cost in costs), max(cost.peak_memory_bytes for cost in costs)
    return [
        Cell(figures.model),
        Cell(f"{figures.data} ({figures.split})"),
        Cell(str(figures.float_top1.total)),
        Cell(f"{figures.float_top1.value:.2%}"),
        *_judge_accuracy(figures, figures.tflite),
        *_judge_accuracy(figures, figures.onnx),
        *(_judge_size(figures, file) for file in (figures.tflite, figures.onnx)),
        Cell(f"x {figures.latency_ratio:.2f}", latency_holds),
        Cell(f"{seconds:.0f} s", seconds <= MOST_SECONDS),
        Cell(f"{memory / 1e9:.2f} GB", memory <= MOST_MEMORY_BYTES),
    ]


def _judge_accuracy(figures: ConversionFigures, file: Int8File) -> list[Cell]:
    drop = figures.drop(file)
    least = LEAST_AGREEMENT_IMAGENET if figures.classes >= _MANY_CLASSES else LEAST_AGREEMENT
    return [
        Cell(f"{file.top1.value:.2%}"),
        Cell(f"{drop:.2f}", drop <= MOST_DROP_POINTS),
        Cell(f"{file.agreement.value:.3f}", file.agreement.value >= least),
    ]


def _judge_size(figures: ConversionFigures, file: Int8File) -> Cell:
    ratio = figures.size_ratio(file)
    return Cell(f"x {ratio:.3f}", ratio <= MOST_SIZE)


def holds_all(figures: ConversionFigures) -> bool:
    return all(cell.holds is not False for cell in judge(figures))


def format_conversions(conversions: Sequence[ConversionFigures]) -> str:
    """A Markdown table, a network a row; sizes and latency are against float32 TFLite."""
    return format_rows([_TITLES, *([str(cell) for cell in judge(figures)] for figures in conversions)])
