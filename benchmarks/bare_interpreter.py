"""The TFLite interpreter as it is, with nothing of edgeframe's around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError


def open_interpreter(model: Path, threads: int = 1) -> Any:
    """LiteRT's interpreter with its tensors allocated. Raises BenchmarkError where it is not installed."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        raise BenchmarkError("ai-edge-litert is not installed; pip install 'edgeframe[tflite]'") from None
    interpreter = Interpreter(model_path=str(model), num_threads=threads)
    interpreter.allocate_tensors()
    return interpreter
