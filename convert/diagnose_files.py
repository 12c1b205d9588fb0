"""Comparing a converted file with its network, layer by layer, whatever its format."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from convert.diagnose import Activations, Diagnosis, diagnose
from convert.layers import LayerNames
from convert.network import Network
from convert.observer import Observer
from convert.recipes import RECIPES
from runtime.interrupts import defer_interrupts

# Each result is an average over its cells and over these pictures, so a few dozen show what hundreds would.
PICTURES = 32


def diagnose_file(network: Network, converted: Path, pictures: np.ndarray, observer: Observer) -> Diagnosis:
    """Convert the network to float32 in the file's format, and compare the two on at most PICTURES of `pictures`.

    pictures: uint8, count x height x width x channels, fitted to the network's input.
    """
    with tempfile.TemporaryDirectory() as folder:
        opened = _open_tflite if converted.suffix == ".tflite" else _open_onnx
        return diagnose(opened(network, converted, Path(folder), observer), pictures[:PICTURES], observer)


def _open_tflite(network: Network, converted: Path, folder: Path, observer: Observer) -> Activations:
    with defer_interrupts():
        from convert.diagnose_tflite import TfliteActivations
        from convert.tflite import write_tflite

    original, no_pictures = folder / "original.tflite", np.zeros((0,), np.uint8)
    write_tflite(network, RECIPES["float32"], no_pictures, original, observer)
    return TfliteActivations(original, converted, LayerNames(network.model))


def _open_onnx(network: Network, converted: Path, folder: Path, observer: Observer) -> Activations:
    with defer_interrupts():
        from convert.diagnose_onnx import OnnxActivations
        from convert.onnx import export_onnx
        from convert.onnx_int8 import prepare_onnx

    return OnnxActivations(prepare_onnx(export_onnx(network), folder), converted, LayerNames(network.model))
