"""The report on a model file's operators."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import ModelError, UsageError
from runtime.operators.cost import count_macs, count_parameters, measure_peak_bytes
from runtime.operators.delegates import DelegateFit, fit_delegates
from runtime.operators.graph import Graph
from runtime.operators.onnx import read_onnx
from runtime.operators.tflite import read_tflite

_READERS = {".tflite": read_tflite, ".onnx": read_onnx}


@dataclass(frozen=True)
class OperatorReport:
    """What a network computes for one picture.

    counts: how many operators of each kind, the commonest first. macs: multiply-accumulates. parameters: weights
    and biases. peak_bytes: of the activations that are needed at once. delegates: empty for an `.onnx`.
    """

    counts: tuple[tuple[str, int], ...]
    macs: int
    parameters: int
    peak_bytes: int
    delegates: tuple[DelegateFit, ...]

    @property
    def kinds(self) -> str:
        """The operators: `14 CONV_2D, 1 SOFTMAX`."""
        return ", ".join(f"{count} {kind}" for kind, count in self.counts)

    @property
    def macs_in_short(self) -> str:
        """`40.8 M`, of small networks `25.4 k` or `9`."""
        if self.macs < 1e6:
            return f"{self.macs / 1e3:.1f} k" if self.macs >= 1e4 else f"{self.macs:,}"
        return f"{self.macs / 1e6:.1f} M"

    def to_rows(self) -> list[tuple[str, str]]:
        """The report for people: what each thing is called, and what there is to say of it."""
        costs = f"{self.macs_in_short} multiply-accumulates, {self.parameters:,} parameters"
        rows = [
            ("operators", self.kinds),
            ("computes", f"{costs}, {self.peak_bytes / 1e3:,.0f} kB of activations at once"),
        ]
        return rows + [(fit.delegate, _judge(fit, self)) for fit in self.delegates]

    def to_lines(self) -> list[str]:
        """The rows for a terminal, in the manner of `runtime info`."""
        return [f"{name:<11} {text}" for name, text in self.to_rows()]


def _judge(fit: DelegateFit, report: OperatorReport) -> str:
    if fit.reason:
        return f"takes nothing: {fit.reason}"
    if fit.is_whole:
        return "can take it whole"
    total = sum(count for _, count in report.counts)
    share = f"{fit.taken} of {total} operators, {fit.macs_share:.0%} of the multiply-accumulates"
    return f"can take {share}; not {', '.join(fit.obstacles)}"


def report_operators(path: str | Path) -> OperatorReport:
    """The report on a `.tflite` or `.onnx` file; no library is needed for it.

    Raises UsageError for a file of another kind, or an `.onnx` that does not tell the shapes between its operators;
    ModelError for a damaged one.
    """
    path = Path(path)
    if path.suffix not in _READERS:
        raise UsageError(f"{path}: only the operators of {' and '.join(_READERS)} files can be reported; give one")
    try:
        return _make_report(_READERS[path.suffix](path), path.suffix == ".tflite")
    except (IndexError, OverflowError):  # a convolution without a kernel, lengths beyond any number
        raise ModelError(f"{path}: its operators lack tensors, or are damaged; make or copy the file again") from None


def _make_report(graph: Graph, has_delegates: bool) -> OperatorReport:
    return OperatorReport(
        counts=tuple(Counter(operator.kind for operator in graph.operators).most_common()),
        macs=sum(map(count_macs, graph.operators)),
        parameters=count_parameters(graph),
        peak_bytes=measure_peak_bytes(graph),
        delegates=fit_delegates(graph) if has_delegates else (),
    )
