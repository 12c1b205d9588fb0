"""An `.onnx` as one file: a model cannot be copied without its weights then."""

from __future__ import annotations

import shutil
from pathlib import Path

from convert.failure import explain_failure


def copy_whole(path: Path, new: Path) -> None:
    """Copy an `.onnx`, with the weights that it keeps in files beside it. Raises ConversionError where it cannot be."""
    import onnx
    from onnx.external_data_helper import uses_external_data

    with explain_failure(f"{path}: cannot be copied into one file"):
        graph = onnx.load(path, load_external_data=False).graph
        if not any(uses_external_data(weight) for weight in graph.initializer):
            shutil.copyfile(path, new)
            return
        onnx.save(onnx.load(path), new)
