"""An `.onnx` as one file: a model cannot be copied without its weights then."""

from __future__ import annotations

from pathlib import Path

from convert.failure import explain_failure
from runtime.errors import ConversionError


def copy_whole(path: Path, new: Path) -> None:
    """Copy an `.onnx`, with the weights that it keeps in files beside it. Raises ConversionError where it cannot be."""
    import onnx
    from google.protobuf.message import EncodeError  # type: ignore[import-untyped]

    with explain_failure(f"{path}: cannot be copied into one file"):
        try:
            onnx.save(onnx.load(path), new)
        except EncodeError:
            raise ConversionError(
                f"{path}: has more than the 2 GB that one .onnx file holds; export a smaller one"
            ) from None
